# SPDX-License-Identifier: GPL-3.0-or-later
"""Where rsyslog sends what: a message's way through its rulesets, walked for all messages at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from . import rules
from .rsyslog import Call, Directive, If, Params, Stop, Strange, Thing
from .rules import ALL, Cell

DEFAULT = "RSYSLOG_DefaultRuleset"
CALLS = 10
#: Modules that read the host's own log, and with which parameter they leave it alone.
SYSTEM = ("imuxsock", "imjournal", "imklog", "imkmsg")
NO_QUEUE = ("", "direct")
NO_SOCKET = ("syssock.use", "off")
ON = ("on", "yes", "1")
#: An input: (its ruleset, cells, mask).
Source = tuple[str, list[Cell], int]
TLS_DRIVERS = ("gtls", "ossl", "mbedtls")
CHECKS = {"x509/name": "name", "name": "name", "x509/fingerprint": "fingerprint", "fingerprint": "fingerprint",
          "x509/certvalid": "certvalid", "certvalid": "certvalid"}  # fmt: skip
#: Outputs that send elsewhere and that nothing is known of here but their name.
OTHER = ("omamqp1", "omazureeventhubs", "omdtls", "omelasticsearch", "omgssapi", "omhiredis", "omhttp", "omkafka",
         "ommongodb", "omrabbitmq", "omudpspoof")  # fmt: skip
#: Directives of the older form that make an input: its module, and the directive that says to which ruleset it goes.
LISTENS = {
    "addunixlistensocket": ("imuxsock", ""), "udpserverrun": ("imudp", "inputudpserverbindruleset"),
    "inputtcpserverrun": ("imtcp", "inputtcpserverbindruleset"),
    "inputptcpserverrun": ("imptcp", "inputptcpserverbindruleset"),
    "inputrelpserverrun": ("imrelp", "inputrelpserverbindruleset"), "inputgssserverrun": ("imgssapi", ""),
}  # fmt: skip
BINDS = {directive for _module, directive in LISTENS.values()} - {""}
#: Modules that log of themselves, without an input, and those of which all is in the journal as well.
BY_THEMSELVES = ("immark", "impstats")
JOURNALLED = ("imjournal", "imklog", "imkmsg")
#: Parameters by which an action takes only some of what comes to it, and the values that leave it all.
SOME = {"action.execonlyeverynthtime": ("", "0", "1"), "action.execonlyonceeveryinterval": ("", "0"),
        "queue.samplinginterval": ("", "0", "1")}  # fmt: skip
#: Directives of the older form that shape the next action, as parameters.
SHAPES = {
    "actionqueuetype": "queue.type", "actionqueuefilename": "queue.filename", "actionqueuesize": "queue.size",
    "actionqueuemaxdiskspace": "queue.maxdiskspace", "actionqueuesaveonshutdown": "queue.saveonshutdown",
    "actionresumeretrycount": "action.resumeretrycount",
    "actionexeconlyeverynthtime": "action.execonlyeverynthtime",
    "actionsendstreamdriverpermittedpeer": "streamdriverpermittedpeers",
}  # fmt: skip
#: Those that hold until they are set anew.
STAYS = {"actionsendstreamdriver": "streamdriver", "actionsendstreamdrivermode": "streamdrivermode",
         "actionsendstreamdriverauthmode": "streamdriverauthmode",
         "actionexeconlyonceeveryinterval": "action.execonlyonceeveryinterval",
         "actionexeconlywhenpreviousissuspended": "action.execonlywhenpreviousissuspended"}  # fmt: skip
FILES = {"inputfilename": "file", "inputfiletag": "tag", "inputfilefacility": "facility",
         "inputfilebindruleset": "ruleset"}  # fmt: skip


class Loaded(NamedTuple):
    """A configuration as rsyslogd has it. settings: global parameters. modules: {name: parameters}; files: which file
    loads each of them. queued: the rulesets that have a queue of their own."""

    settings: dict[str, str]
    modules: dict[str, Params]
    files: dict[str, str]
    inputs: list[Params]
    rulesets: dict[str, list[Any]]
    default: str
    queued: set[str]


class State(NamedTuple):
    """What comes to a statement. certain: masks of what surely comes, alive: of what does if anything does."""

    certain: dict[Cell, int]
    alive: dict[Cell, int]
    may: dict[Cell, int]
    doubts: tuple[str, ...]


def load(statements: Iterable[Any]) -> Loaded:
    """Return what statements, taken one after the other, configure."""
    loaded = Loaded({}, {}, {}, [], {DEFAULT: []}, DEFAULT, set())
    default, current = DEFAULT, DEFAULT
    shapes: dict[str, Any] = {}
    watched: Params = {}
    for one in statements:
        if isinstance(one, Directive):
            if one.name == "ruleset":
                current = one.value
            elif one.name == "defaultruleset":
                default = one.value
            elif one.name == "rulesetcreatemainqueue":
                loaded.queued.update([current] if one.value.lower() in ON else [])
            else:
                _directive(one, loaded, shapes, watched)
        elif isinstance(one, Thing) and one.name == "module":
            name = _text(one.params, "load").partition(".so")[0]
            loaded.modules[name] = one.params
            loaded.files.setdefault(name, one.place.path)
        elif isinstance(one, Thing) and one.name == "global":
            loaded.settings.update({key: _text(one.params, key) for key in one.params})
        elif isinstance(one, Thing) and one.name == "input":
            loaded.inputs.append(one.params)
        elif isinstance(one, Thing) and one.name == "ruleset":
            _shape(one.body or [], shapes)
            name = _text(one.params, "name")
            queue = {key: value for key, value in one.params.items() if key.startswith("queue.")}
            _lend(one.body or [], queue)
            # Any parameter makes a queue, in memory where no type is given.
            loaded.queued.update([name] if queue and _text(queue, "queue.type").lower() != "direct" else [])
            loaded.rulesets.setdefault(name, []).extend(one.body or [])
        else:
            _shape([one], shapes)
            loaded.rulesets.setdefault(current, []).append(one)
    return loaded._replace(default=default)


def _directive(one: Directive, loaded: Loaded, shapes: dict[str, Any], watched: Params) -> None:
    if one.name == "modload":
        name = one.value.rpartition("/")[2].partition(".so")[0]
        loaded.modules.setdefault(name, {})
        loaded.files.setdefault(name, one.place.path)
    elif one.name.startswith("defaultnetstreamdriver"):
        loaded.settings[one.name] = one.value
    elif one.name == "omitlocallogging" and one.value in ON:
        loaded.modules["imuxsock"] = dict([NO_SOCKET])
    elif one.name in FILES:
        watched[FILES[one.name]] = one.value
    elif one.name == "inputrunfilemonitor":
        loaded.inputs.append({"type": "imfile", **watched})
        watched.clear()
    elif one.name in BINDS:
        loaded.settings[one.name] = one.value
    elif one.name in LISTENS:
        module, binds = LISTENS[one.name]
        loaded.inputs.append({"type": module, "ruleset": loaded.settings.get(binds, "")})
    elif one.name == "actionsendstreamdriverpermittedpeer":
        shapes.setdefault(SHAPES[one.name], []).append(one.value)
    elif one.name in SHAPES or one.name in STAYS:
        shapes[SHAPES.get(one.name) or STAYS[one.name]] = one.value


def _shape(statements: Iterable[Any], shapes: dict[str, Any]) -> None:
    """Give actions of the older form what the directives before them said; most of it holds for one action."""
    for one in statements:
        if isinstance(one, If):
            _shape(one.then, shapes)
            _shape(one.other, shapes)
        elif isinstance(one, Thing) and one.name == "legacy":
            one.params.update(shapes)
            for name in [name for name in shapes if name not in STAYS.values()]:
                del shapes[name]


def _lend(statements: Iterable[Any], queue: Params) -> None:
    """Give actions without a queue of their own that of their ruleset: what they can't send waits there."""
    for one in statements:
        if isinstance(one, If):
            _lend(one.then, queue)
            _lend(one.other, queue)
        elif isinstance(one, Thing) and one.name == "action" and _text(one.params, "queue.type").lower() in NO_QUEUE:
            one.params.update(queue)


def sources(loaded: Loaded, forwarded: int) -> list[Source]:
    """Return each input that is judged. forwarded: the mask of what journald hands to the socket."""
    found = []
    for name in SYSTEM:
        params = loaded.modules.get(name)
        if params is None or (NO_SOCKET[0] in params and _text(params, NO_SOCKET[0]).lower() == NO_SOCKET[1]):
            continue
        facilities = ("kern",) if name in ("imklog", "imkmsg") else rules.FACILITIES
        found.append((loaded.default, rules.cells(name, facilities), forwarded if name == "imuxsock" else ALL))
    for one in loaded.inputs:
        if _text(one, "type") == "imfile" and _text(one, "file").startswith("/"):
            try:
                facility = rules.facility(_text(one, "facility") or "local0")
                severity = rules.severity(_text(one, "severity") or "notice")
            except rules.NotUnderstood:
                continue
            tag = _text(one, "tag").partition(":")[0].partition("[")[0] or "-"
            cells = rules.cells(_text(one, "file"), (facility,), tag)
            found.append((_text(one, "ruleset") or loaded.default, cells, 1 << severity))
    return found


def beside(loaded: Loaded) -> list[Source]:
    """Return each input of what is not in the journal; which programs it is of nobody knows."""
    alone = [{"type": name, **loaded.modules[name]} for name in BY_THEMSELVES if name in loaded.modules]
    found = []
    for one in [*loaded.inputs, *alone]:
        kind, path, ruleset = _text(one, "type"), _text(one, "file"), _text(one, "ruleset")
        if kind in JOURNALLED or _text(one, "log.syslog").lower() == "off":
            continue
        name = path if kind == "imfile" and path.startswith("/") else kind
        cells = [Cell(name, facility, "") for facility in rules.FACILITIES]
        # rsyslog takes the default one where there is none of the name.
        found.append((ruleset if ruleset in loaded.rulesets else loaded.default, cells, ALL))
    return found


class Walk:
    """Walks messages through the rulesets and notes what comes to each action."""

    def __init__(self, loaded: Loaded, inputs: Iterable[Source]) -> None:
        self.loaded = loaded
        #: What came to an action, by its identity: [action, certain, may, doubts].
        self.came: dict[int, list[Any]] = {}
        self.tests: dict[int, rules.Test] = {}
        for ruleset, cells, mask in inputs:
            masks = dict.fromkeys(cells, mask)
            self.walk(loaded.rulesets.get(ruleset, []), State(masks, masks, masks, ()), CALLS)

    def walk(self, statements: Iterable[Any], state: State, calls: int) -> State:
        """Return what is left of messages behind statements."""
        for one in statements:
            if isinstance(one, If):
                state = self.branch(one, state, calls)
            elif isinstance(one, Stop):
                nothing = dict.fromkeys(state.may, 0)
                return State(nothing, nothing, nothing, state.doubts)
            elif isinstance(one, Call):
                state = self.call(one, state, calls)
            elif isinstance(one, Strange):
                # Whom the rest is for, the message tells.
                nothing = dict.fromkeys(state.may, 0)
                state = State(nothing, nothing, state.may, (*state.doubts, str(one.place)))
            elif isinstance(one, Thing) and one.name in ("action", "legacy"):
                self.note(one, state)
        return state

    def call(self, one: Call, state: State, calls: int) -> State:
        """Return what another ruleset leaves; one that only the message names may take anything."""
        if one.name and calls > 0:
            left = self.walk(self.loaded.rulesets.get(one.name, []), state, calls - 1)
            # A queue gets a copy: what becomes of that is nothing to the message itself.
            return state if one.name in self.loaded.queued else left
        nothing = dict.fromkeys(state.may, 0)
        return State(nothing, nothing, state.may, (*state.doubts, str(one.place)))

    def branch(self, one: If, state: State, calls: int) -> State:
        """Return what is left of messages behind a condition, whichever way they went."""
        tested = self.tests.setdefault(id(one), rules.test(one.kind, one.condition))
        splits = {cell: tested(cell) for cell in state.may}
        unclear = any(ALL & ~(split.passes | split.fails) & state.may[cell] for cell, split in splits.items())
        doubts = (*state.doubts, str(one.place)) if unclear and str(one.place) not in state.doubts else state.doubts
        then = self.walk(one.then, _entered(state, splits, 0, doubts), calls)
        other = self.walk(one.other, _entered(state, splits, 1, doubts), calls)
        alive, certain, may = {}, {}, {}
        for cell, (passes, fails) in splits.items():
            both = then.alive[cell] & other.alive[cell]
            alive[cell] = passes & then.alive[cell] | fails & other.alive[cell] | ~(passes | fails) & both
            certain[cell] = state.certain[cell] & alive[cell]
            may[cell] = then.may[cell] | other.may[cell]
        lost = any(state.alive[cell] & ~alive[cell] & may[cell] for cell in splits)
        return State(certain, alive, may, tuple(dict.fromkeys((*then.doubts, *other.doubts))) if lost else state.doubts)

    def note(self, action: Thing, state: State) -> None:
        """Note what comes to an action."""
        _action, certain, may, doubts = self.came.setdefault(id(action), [action, {}, {}, []])
        some = _only_some(action.params)
        for cell in state.may:
            certain[cell] = certain.get(cell, 0) | (0 if some else state.certain[cell])
            may[cell] = may.get(cell, 0) | state.may[cell]
        doubts += [*state.doubts, *([str(action.place)] if some else [])]


def _only_some(params: Params) -> bool:
    """Say whether an action leaves out some of what comes to it: a standby, or one that is done now and then."""
    skips = any(_text(params, name) not in whole for name, whole in SOME.items())
    return skips or _on(params, "action.execonlywhenpreviousissuspended")


def _entered(state: State, splits: Mapping[Cell, rules.Split], way: int, doubts: tuple[str, ...]) -> State:
    """Return what comes to one side of a condition: 0 where it holds, 1 where it doesn't."""
    never = {cell: split[1 - way] for cell, split in splits.items()}
    return State(
        {cell: state.certain[cell] & split[way] for cell, split in splits.items()},
        {cell: state.alive[cell] & ~never[cell] for cell in splits},
        {cell: state.may[cell] & ~never[cell] for cell in splits},
        doubts,
    )


def destinations(statements: Iterable[Any], forwarded: int = ALL) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the destinations of a configuration that anything comes to, and outputs of other kinds: [{place, type}].

    forwarded: the mask of severities that journald hands to rsyslog's socket, 0 where none.
    """
    loaded = load(statements)
    found: list[dict[str, Any]] = []
    others: list[dict[str, str]] = []
    more = Walk(loaded, beside(loaded)).came
    for key, (action, certain, may, doubts) in Walk(loaded, sources(loaded, forwarded)).came.items():
        kind = _text(action.params, "type")
        if not any(may.values()):
            continue
        if kind in OTHER:
            others.append({"place": str(action.place), "type": kind})
        for one in _targets(action.params, loaded.settings):
            found.append({
                "program": "rsyslog", "place": str(action.place), **one, "queue": _queue(action.params),
                "takes": _together(rules.levels(certain)), "may": _together(rules.levels(may)),
                "unclear": sorted(set(doubts)), "collector": None, "beside": _names(more.get(key)),
            })  # fmt: skip
    return found, others


def _names(came: list[Any] | None) -> list[str]:
    """Return the names of the inputs of which anything may come to an action."""
    return sorted({cell.source for cell, mask in came[2].items() if mask}) if came else []


def _together(levels: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return levels by `system` and by file: by which of its modules rsyslog has the host's own log doesn't matter."""
    found = {source: facilities for source, facilities in levels.items() if source.startswith("/")}
    own: dict[str, int] = {}
    for name in SYSTEM:
        for facility, level in levels.get(name, {}).items():
            own[facility] = max(level, own.get(facility, -1))
    return {**found, "system": own} if own else found


def _targets(params: Params, settings: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    kind = _text(params, "type")
    if kind not in ("omfwd", "omrelp"):
        return
    targets = params.get("target") or []
    for target in [targets] if isinstance(targets, str) else targets:
        yield (_relp if kind == "omrelp" else _forward)(params, settings, target)


def _relp(params: Params, _settings: Mapping[str, str], target: str) -> dict[str, Any]:
    return {
        "protocol": "relp", "address": target, "port": _port(params), "tls": _on(params, "tls"),
        "peer_check": CHECKS.get(_text(params, "tls.authmode").lower(), "none"),
        "peers": _list(params, "tls.permittedpeer"), "ca": _text(params, "tls.cacert") or None,
        "certificate": _text(params, "tls.mycert") or None, "key": _text(params, "tls.myprivkey") or None,
    }  # fmt: skip


def _forward(params: Params, settings: Mapping[str, str], target: str) -> dict[str, Any]:
    protocol = _text(params, "protocol").lower() or "udp"
    driver = _text(params, "streamdriver", "streamdriver.name") or settings.get("defaultnetstreamdriver", "")
    tls = protocol == "tcp" and driver.lower() in TLS_DRIVERS and _text(params, "streamdrivermode",
                                                                        "streamdriver.mode") == "1"  # fmt: skip
    # Without a mode both drivers compare the certificate's name, and without names with that of the target.
    mode = _text(params, "streamdriverauthmode", "streamdriver.authmode").lower() or "x509/name"
    check = CHECKS.get(mode, "none")
    peers = _list(params, "streamdriverpermittedpeers", "streamdriver.permittedpeers")
    files = {
        name: _text(params, "streamdriver." + key) or settings.get("defaultnetstreamdriver" + key) or None
        for name, key in (("ca", "cafile"), ("certificate", "certfile"), ("key", "keyfile"))
    }
    return {
        "protocol": "tls" if tls else protocol, "address": target, "port": _port(params), "tls": tls,
        "peer_check": check if tls else "none", "peers": peers or ([target] if check == "name" else []), **files,
    }  # fmt: skip


def _queue(params: Params) -> dict[str, Any]:
    return {
        "type": _text(params, "queue.type").lower() or "direct", "filename": _text(params, "queue.filename") or None,
        "save": _on(params, "queue.saveonshutdown"), "space": _text(params, "queue.maxdiskspace") or None,
        "retries": _text(params, "action.resumeretrycount") or "0",
    }  # fmt: skip


def _port(params: Params) -> int:
    text = _text(params, "port") or "514"
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _text(params: Params, *names: str) -> str:
    values = (params.get(name) for name in names)
    return next((value for value in values if isinstance(value, str)), "")


def _list(params: Params, *names: str) -> list[str]:
    for name in names:
        value = params.get(name)
        if value is not None:
            parts = value if isinstance(value, list) else [value]
            return [one.strip() for part in parts for one in part.split(",") if one.strip()]
    return []


def _on(params: Params, name: str) -> bool:
    return _text(params, name).lower() in ON
