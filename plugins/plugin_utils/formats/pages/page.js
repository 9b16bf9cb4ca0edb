// SPDX-License-Identifier: GPL-3.0-or-later
// What the page can do beyond being read: theme, print, sortable tables, and the explorer of all findings.
// Text enters the page by textContent alone; the policy in the page's head forbids any other way.
"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const SVG = "http://www.w3.org/2000/svg";
  const CHUNK = 100;

  /** Make an element with attributes and children; a child that is text stays text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== "" && child !== null && child !== undefined));
    return element;
  }

  function badge(kind, text) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", "#i-" + kind);
    svg.append(use);
    return make("span", { class: "badge " + kind }, svg, text);
  }

  // Theme: the reader's system decides until the button is used. Where storage is forbidden, it holds for this visit.
  function keptTheme() {
    try {
      const kept = localStorage.getItem("bulwark-theme");
      if (kept === "dark" || kept === "light") root.dataset.theme = kept;
    } catch { /* no storage here */ }
  }

  function theme() {
    const button = $("[data-theme-toggle]");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("bulwark-theme", root.dataset.theme); } catch { /* no storage here */ }
      show();
    });
    dark.addEventListener("change", show);
    show();
  }

  // Tables whose rows are all in the page: a click on a heading sorts by it.
  function sortable(table) {
    const headings = all("thead th", table);
    headings.forEach((heading, column) => {
      const button = make("button", { type: "button" }, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const number = heading.classList.contains("n");
        const now = heading.getAttribute("aria-sort");
        const down = now ? now === "ascending" : number;
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = (row) => (number ? Number(row.cells[column].textContent) : row.cells[column].textContent.trim());
        const order = (a, b) => (number ? a - b : a.localeCompare(b, "en", { numeric: true }));
        const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
        rows.sort((a, b) => order(a[0], b[0]) * (down ? -1 : 1));
        table.tBodies[0].append(...rows.map((pair) => pair[1]));
      });
    });
  }

  // The explorer. A finding is a row of numbers, in the order of embedding.py.
  const [CONTROL, STATUS, LEVEL, BASE, WHO, ASSURANCE, OBSERVED, EXPECTED, ACTUAL, REASON, EVIDENCE, CAUSE, KIND, SINCE,
    DAYS, BEFORE, WAIVER, ENFORCED] = Array(18).keys();

  function explorer(data) {
    const form = $("[data-filters]");
    const body = $("[data-rows]");
    const result = $("[data-result]");
    const more = $("[data-more]");
    const text = (index) => (index < 0 ? "" : data.texts[index]);
    const status = (row) => data.statuses[row[STATUS]][0];
    const attention = new Set(["fail", "unknown", "stale", "not_attested", "waived"]);
    const everything = data.hosts.flatMap((host) => host[4].map((row) => ({ host, row })));
    let found = [];
    let drawn = 0;

    function option(select, value, label) {
      select.append(make("option", { value }, label));
    }
    const used = (column) => new Set(everything.map((item) => item.row[column]));
    const statuses = used(STATUS), kinds = used(KIND);
    data.statuses.forEach(([name, label], index) => statuses.has(index) && option(form.status, name, label));
    data.levels.forEach((level, index) => option(form.level, index, level));
    data.sections.forEach(([number, name, heading]) => option(form.section, name, number + " " + heading));
    [...used(WHO)].map(text).sort().forEach((who) => option(form.who, who, who));
    data.kinds.forEach(([, label], index) => kinds.has(index) && option(form.kind, index, label));
    // Only a run that enforces has this filter, and a last cell in the rows of what it had to do with.
    const enforced = (row) => (row[ENFORCED] ? text(row[ENFORCED][0]) : "");
    if (form.enforced) [...new Set(everything.map((item) => enforced(item.row)).filter(Boolean))].sort().forEach((name) => option(form.enforced, name, name));

    /** Say for each text of the page whether it holds the words, so that each is searched once. */
    const lower = data.texts.map((item) => item.toLowerCase());
    const controls = data.controls.map((control) => (control[0] + " " + control[1]).toLowerCase());
    function matcher(words) {
      const tests = words.map((word) => {
        const texts = new Uint8Array(lower.length);
        lower.forEach((item, index) => { texts[index] = item.includes(word) ? 1 : 0; });
        const names = controls.map((item) => item.includes(word));
        const hit = (index) => index >= 0 && texts[index] === 1;
        return ({ host, row }) => host[0].toLowerCase().includes(word) || names[row[CONTROL]] || hit(host[1]) ||
          hit(host[2]) || row[ACTUAL].some(hit) || hit(row[REASON]) || row[EVIDENCE].some(hit) || hit(row[WHO]);
      });
      return (item) => tests.every((test) => test(item));
    }

    const orders = {
      worst: (a, b) => (a.row[CAUSE] >= 0) - (b.row[CAUSE] >= 0) || a.row[STATUS] - b.row[STATUS] || a.row[LEVEL] - b.row[LEVEL],
      host: (a, b) => (a.host[0] < b.host[0] ? -1 : a.host[0] > b.host[0] ? 1 : 0),
      control: (a, b) => (data.controls[a.row[CONTROL]][0] < data.controls[b.row[CONTROL]][0] ? -1 : a.row[CONTROL] === b.row[CONTROL] ? 0 : 1),
      oldest: (a, b) => b.row[DAYS] - a.row[DAYS],
    };

    function filter() {
      const want = Object.fromEntries(new FormData(form));
      const words = want.search.toLowerCase().split(/\s+/).filter(Boolean);
      const matches = words.length ? matcher(words) : () => true;
      found = everything.filter((item) => {
        const name = status(item.row);
        return (want.status === "" || (want.status === "attention" ? attention.has(name) || want.enforced : name === want.status)) &&
          (!want.enforced || enforced(item.row) === want.enforced) &&
          (want.level === "" || item.row[LEVEL] === Number(want.level)) &&
          (want.section === "" || inSection(item.row, want.section)) &&
          (want.who === "" || text(item.row[WHO]) === want.who) &&
          (want.kind === "" || item.row[KIND] === Number(want.kind)) && matches(item);
      });
      found.sort(orders[want.order]);
      body.replaceChildren();
      drawn = 0;
      draw();
      const count = found.length.toLocaleString("en");
      result.textContent = found.length ? count + " of " + everything.length.toLocaleString("en") + " findings"
        : "No finding fits these filters";
    }

    /** Sections are found by name; tactical actions (TA-01) by the recommendations that a control serves. */
    const inSection = (row, wanted) => {
      const control = data.controls[row[CONTROL]];
      return wanted.startsWith("TA-") ? control[5].includes(wanted) : control[2] === wanted;
    };

    function draw() {
      const next = found.slice(drawn, drawn + CHUNK);
      body.append(...next.map(line));
      drawn += next.length;
      more.hidden = drawn >= found.length;
      more.textContent = "Show " + Math.min(CHUNK, found.length - drawn) + " more of " + (found.length - drawn).toLocaleString("en");
      return next.length;
    }

    const age = (days) => (days === 0 ? "since this run" : days + (days === 1 ? " day" : " days"));

    function line({ host, row }) {
      const control = data.controls[row[CONTROL]];
      const name = status(row);
      const label = data.statuses[row[STATUS]][1];
      const button = make("button", { type: "button", "aria-expanded": "false", "aria-label": "Details of " + control[1] + " on " + (host[0] || "records") }, "Details");
      const first = row[ACTUAL].length ? text(row[ACTUAL][0]) : text(row[REASON]);
      const tr = make("tr", {},
        make("td", { "data-label": "Status" }, name === "fail" ? badge(data.levels[row[LEVEL]], data.levels[row[LEVEL]]) : badge(name, label)),
        make("td", { "data-label": "Finding" }, make("span", { class: "what" }, control[1]), make("span", { class: "detail" }, first),
          row[ENFORCED] ? make("span", { class: "tag" }, enforced(row)) : ""),
        make("td", { "data-label": "Host" }, host[0] ? make("span", { class: "name" }, host[0]) : "records and lists", make("span", { class: "detail" }, form.dataset.fleet ? text(host[1]) : "")),
        make("td", { "data-label": "Who mends it" }, text(row[WHO])),
        make("td", { "data-label": "Open since", class: "day" }, text(row[SINCE]), row[DAYS] < 0 ? "" : make("span", { class: "detail" }, age(row[DAYS]))),
        make("td", {}, button));
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
        if (open) tr.nextSibling.remove();
        else tr.after(make("tr", { class: "detail-row" }, make("td", { colspan: 6 }, details(host, row, control))));
      });
      return tr;
    }

    /** The work of enforcement on a finding: each task with its diffs folded. */
    function work([state, reason, became, tasks]) {
      const change = ([name, hidden, lines]) => [
        make("p", {}, make("code", {}, name), hidden ? make("span", { class: "quiet" }, " " + hidden) : ""),
        lines.length ? make("pre", { class: "diff" }, lines.flatMap(([kind, line]) => [make("span", { class: kind }, line), "\n"])) : "",
      ];
      return [make("strong", {}, text(state)), text(became) ? make("span", { class: "quiet" }, " " + text(became)) : "",
        text(reason) ? ": " + text(reason) : "",
        ...data.works[tasks].map(([name, changes]) => make("details", { class: "task" }, make("summary", {}, name), changes.flatMap(change)))];
    }

    function details(host, row, control) {
      const list = make("dl", { class: "facts" });
      const say = (term, ...told) => {
        const parts = told.flat().filter((part) => part !== "" && part !== undefined);
        if (parts.length) list.append(make("div", {}, make("dt", {}, term), make("dd", {}, parts)));
      };
      const codes = (values) => values.flatMap((value, index) => [index ? ", " : "", make("code", {}, value)]);
      if (row[ACTUAL].length) say("Found", make("ul", {}, row[ACTUAL].map((item) => make("li", {}, text(item)))));
      say("Reason", text(row[REASON]));
      say("Expected", text(row[EXPECTED]));
      if (row[ENFORCED]) say("Enforcement", work(row[ENFORCED]));
      say("Why it matters", control[3]);
      if (row[WAIVER]) {
        const [said, owner, reason, expires] = row[WAIVER].map(text);
        say("Waiver", said + ". " + reason + ". " + owner + " answers for it until " + expires);
      }
      const base = data.levels[row[BASE]], level = data.levels[row[LEVEL]];
      say("Severity", level + (base === level ? "" : ", on this host; " + base + " in general"));
      const account = text(host[3]);
      say("Seen", text(row[OBSERVED]).replace("T", " at ").replace("Z", " UTC") + (account ? ", read as " + account : "") +
        (row[ASSURANCE] >= 0 ? "; " + data.assurances[row[ASSURANCE]] : ""));
      if (row[EVIDENCE].length) say("Source", codes(row[EVIDENCE].map(text)));
      const before = text(row[BEFORE]);
      say("History", (row[KIND] >= 0 ? data.kinds[row[KIND]][1] : "As before") + (before ? "; last time: " + before.toLowerCase() : ""));
      if (row[CAUSE] >= 0) say("Cause", "It only follows from ", codes([text(row[CAUSE])]));
      say("Control", codes([control[0], control[4]].filter(Boolean)));
      say("Serves", ["AA22-131A " + control[5].join(", "), ...control[6].map((item) => "; " + item[0] + " " + item[1])]);
      return list;
    }

    /** Show in the explorer what another part of the page points to. */
    function jump(values) {
      form.reset();
      for (const [name, value] of Object.entries(values)) {
        if (name === "section" && ![...form.section.options].some((item) => item.value === value)) option(form.section, value, value);
        form[name].value = value;
      }
      filter();
      $("#h-explorer").scrollIntoView();
      form.search.focus({ preventScroll: true });
    }
    const pointers = { host: (value) => ({ search: value }), control: (value) => ({ search: value }), section: (value) => ({ section: value, status: "" }) };
    for (const [name, values] of Object.entries(pointers)) {
      all("a[data-" + name + "]").forEach((link) => {
        link.hidden = false;
        link.addEventListener("click", (event) => {
          event.preventDefault();
          jump(values(link.dataset[name]));
        });
      });
    }

    let waiting;
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => {
      const from = body.rows.length;
      draw();
      $("button", body.rows[from])?.focus();
    });
    form.dataset.fleet = data.fleet ? "yes" : "";
    filter();
    $("#explorer").hidden = false;
  }

  // Before the page is drawn: the findings as text give way to the explorer, and come back if it can't be built.
  keptTheme();
  root.classList.add("js");
  document.addEventListener("DOMContentLoaded", () => {
    theme();
    all("table[data-sortable]").forEach(sortable);
    $("[data-print]").addEventListener("click", () => window.print());
    $("[data-tools]").hidden = false;
    try {
      explorer(JSON.parse($("#data").textContent));
    } catch (error) {
      root.classList.remove("js");
      throw error;
    }
  });
})();
