# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `scans`: what scanners found in software that no package manager updates, and the images containers run from.

No engine is asked, for the reasons that the area `containers` has; their files tell the same. Of a container's
configuration, which holds passwords, only the image is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

REPORT_LIMIT = 32 * 1024 * 1024
#: Flaws of one report that are told; the rest is counted.
FLAWS = 200
STORAGE = "/var/lib/containers/storage"
OWN_STORAGE = ".local/share/containers/storage"
DOCKER = "/var/lib/docker"
DOCKER_IMAGES = DOCKER + "/image/overlay2/imagedb/content/sha256"
#: Tasks of containerd by namespace; that of docker is read of docker itself.
TASKS = "/run/containerd/io.containerd.runtime.v2.task"
DOCKERS = "moby"

Entry = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `reports`, `images` and `unseen`.

    reports: [{path, problem: why it can't be gone by, else None, tool: trivy|grype, at (ISO 8601), artifact, flaws:
    [{id, package, installed, fixed, severity}] for which there is a fix, more: how many beyond FLAWS}] of those that
    the controller asks for. images: [{engine, id, names, created (ISO 8601, None: not known)}] that a container was
    made from. unseen: reasons why there may be more.
    """
    area.learn("reports", lambda: [report(host.door, path) for path in host.scan_reports])
    area.learn("images", lambda: [*podman(host), *docker(host.door)])
    area.learn("unseen", unseen, host.door)


def report(door: Door, path: str) -> Entry:
    """Return what one report says, or why nobody should go by it."""
    try:
        status = door.stat(path)
        if status.uid != 0 or status.mode & 0o022:
            raise Unreadable(f"{path}: others than root may write it")
        return {"path": path, "problem": None, **parsed(door.read(path, REPORT_LIMIT), partial(door.modified, path))}
    except Missing:
        return {"path": path, "problem": f"{path} is not there"}
    except Unreadable as problem:
        return {"path": path, "problem": str(problem)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {"path": path, "problem": f"{path}: neither a report of trivy nor of grype in JSON"}


def parsed(text: str, modified: Callable[[], int]) -> Entry:
    """Return a report of trivy or grype; a format without a time of its own counts from when it was written."""
    content = json.loads(text)
    if "matches" in content:
        source = content.get("source", {}).get("target", "")
        found = {
            "tool": "grype",
            "at": content["descriptor"].get("timestamp"),
            "artifact": source if isinstance(source, str) else source.get("userInput", ""),
        }
        flaws = list(grype(content["matches"]))
    else:
        found = {"tool": "trivy", "at": content.get("CreatedAt"), "artifact": content["ArtifactName"]}
        flaws = [flaw for result in content.get("Results") or [] for flaw in trivy(result.get("Vulnerabilities") or [])]
    flaws.sort(key=lambda flaw: (flaw["package"], flaw["id"]))
    at = str(found["at"]) if found["at"] else modified()
    return {**found, "artifact": str(found["artifact"]), "at": at, "flaws": flaws[:FLAWS],
            "more": max(0, len(flaws) - FLAWS)}  # fmt: skip


def trivy(flaws: list[Entry]) -> Iterator[Entry]:
    """Yield the flaws of a result of trivy's for which there is a fix."""
    for one in flaws:
        if one.get("FixedVersion"):
            yield _flaw(one["VulnerabilityID"], one["PkgName"], one["InstalledVersion"], one["FixedVersion"],
                        one["Severity"])  # fmt: skip


def grype(matches: list[Entry]) -> Iterator[Entry]:
    """Yield the flaws of grype's matches for which there is a fix."""
    for one in matches:
        flaw, artifact = one["vulnerability"], one["artifact"]
        if flaw["fix"]["versions"]:
            yield _flaw(flaw["id"], artifact["name"], artifact["version"], ", ".join(flaw["fix"]["versions"]),
                        flaw["severity"])  # fmt: skip


def _flaw(name: str, package: str, installed: str, fixed: str, severity: str) -> Entry:
    return {"id": str(name), "package": str(package), "installed": str(installed), "fixed": str(fixed),
            "severity": severity.lower()}  # fmt: skip


def podman(host: Reading) -> Iterator[Entry]:
    """Yield the images of podman's and cri-o's containers, root's and those of accounts."""
    homes = {user["home"] for user in host.fact("accounts", "users") if user["home"] not in ("", "/")}
    for storage in [STORAGE, *(f"{home}/{OWN_STORAGE}" for home in sorted(homes))]:
        used = {one.get("image") for one in _json(host.door, f"{storage}/overlay-containers/containers.json") or []}
        for one in _json(host.door, f"{storage}/overlay-images/images.json") or []:
            if one.get("id") in used:
                yield _image("podman", one["id"], one.get("names") or [], one.get("created"))


def docker(door: Door) -> Iterator[Entry]:
    """Yield the images of docker's containers."""
    seen = set()
    for container in door.names(f"{DOCKER}/containers"):
        config = _json(door, f"{DOCKER}/containers/{container}/config.v2.json") or {}
        image = str(config.get("Image", "")).rpartition(":")[2]
        if image and image not in seen:
            seen.add(image)
            created = (_json(door, f"{DOCKER_IMAGES}/{image}") or {}).get("created") if image.isalnum() else None
            yield _image("docker", image, [config.get("Config", {}).get("Image", "")], created)


def _image(engine: str, name: str, names: list[str], created: str | None) -> Entry:
    return {"engine": engine, "id": str(name)[:12], "names": [str(one) for one in names], "created": created}


def unseen(door: Door) -> list[str]:
    """Return the namespaces in which containerd runs containers whose images only its own database tells."""
    found = [name for name in door.names(TASKS) if name != DOCKERS and door.names(f"{TASKS}/{name}")]
    return [f"containerd runs containers ({name}); how old their images are is in its database" for name in found]


def _json(door: Door, path: str) -> Any:
    try:
        return json.loads(door.read(path, REPORT_LIMIT))
    except Missing:
        return None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path}: not the JSON that it is known to be") from None
