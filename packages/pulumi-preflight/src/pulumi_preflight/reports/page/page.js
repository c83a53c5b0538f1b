"use strict";
(() => {
  const value = (form, name) => form.elements[name].value;
  const words = (form) => value(form, "search").trim().toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (form, element, names) =>
    names.every((name) => !value(form, name) || element.dataset[name].split(" ").includes(value(form, name))) &&
    words(form).every((word) => element.textContent.toLowerCase().includes(word));

  function live(form, filter) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.hidden = false;
    filter();
  }

  const attacks = document.getElementById("attacks");
  if (attacks) {
    const form = attacks.querySelector("form");
    const probes = [...attacks.querySelectorAll("tbody tr")];
    live(form, () => {
      const shown = probes.filter((row) => matches(form, row, ["verdict", "family", "threat", "control"]));
      probes.forEach((row) => { row.hidden = !shown.includes(row); });
      form.querySelector("output").textContent = `${shown.length} of ${probes.length} probes`;
      attacks.querySelector(".none").hidden = shown.length > 0;
    });
  }

  const form = document.getElementById("filters");
  if (!form) return;
  const cards = [...document.querySelectorAll("article")];
  const rows = [...document.querySelectorAll("#rules tbody tr")];
  const picture = document.querySelector("svg");
  const drawn = picture ? [...picture.querySelectorAll("[data-resource]")] : [];
  const lines = picture ? [...picture.querySelectorAll("[data-user]")] : [];
  const fields = ["pillar", "severity", "kind", "change", "resource"].filter((name) => form.elements[name]);

  function filter() {
    const shown = cards.filter((card) => matches(form, card, fields));
    cards.forEach((card) => { card.hidden = !shown.includes(card); });
    rows.forEach((row) => { row.hidden = !matches(form, row, ["pillar", "severity"]); });
    form.querySelector("output").textContent = `${shown.length} of ${cards.length} findings`;
    document.getElementById("none").hidden = shown.length > 0;
    paint(new Set(shown.map((card) => card.dataset.resource)));
  }

  function paint(touched) {
    if (!picture) return;
    const chosen = value(form, "resource");
    const near = new Set();
    lines.forEach((line) => {
      const { user, used } = line.dataset;
      const on = Boolean(chosen) && (user === chosen || used === chosen);
      line.classList.toggle("on", on);
      if (on) { near.add(user); near.add(used); }
    });
    const filtered = fields.some((name) => value(form, name)) || words(form).length > 0;
    picture.classList.toggle("filtered", filtered);
    drawn.forEach((element) => {
      const id = element.dataset.resource;
      element.classList.toggle("on", id === chosen);
      element.classList.toggle("near", near.has(id));
      element.classList.toggle("dim", filtered && id !== chosen && !near.has(id) && !touched.has(id));
    });
  }

  function choose(id, name) {
    const select = form.elements.resource;
    if (![...select.options].some((option) => option.value === id)) select.add(new Option(name, id));
    select.value = select.value === id ? "" : id;
    filter();
  }

  // The picture fits its frame; where names could not be read then, it begins with its first part at a readable size.
  function movable(picture) {
    const READABLE = 0.8, LARGEST = 3, STEP = 1.4, STILL = 4;
    const frame = picture.closest(".picture");
    const view = () => picture.viewBox.baseVal;
    const whole = { x: view().x, y: view().y, width: view().width, height: view().height };
    const room = () => ({ width: picture.clientWidth, height: picture.clientHeight });
    const fitting = () => Math.min(room().width / whole.width, room().height / whole.height);
    const scale = () => Math.min(room().width / view().width, room().height / view().height);
    const look = (x, y, width, height) => picture.setAttribute("viewBox", [x, y, width, height].join(" "));
    const fit = () => look(whole.x, whole.y, whole.width, whole.height);

    function zoom(factor, x = room().width / 2, y = room().height / 2) {
      const before = scale(), box = view();
      const after = Math.min(LARGEST, Math.max(fitting(), before * factor));
      if (after <= fitting()) return fit();
      const left = box.x + (x - (room().width - box.width * before) / 2) / before;
      const top = box.y + (y - (room().height - box.height * before) / 2) / before;
      look(left - x / after, top - y / after, room().width / after, room().height / after);
    }
    const read = () => {
      if (fitting() < READABLE) look(whole.x, whole.y, room().width / READABLE, room().height / READABLE);
    };

    const button = (name, title, act) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", textContent: name, title });
      made.addEventListener("click", act);
      return made;
    };
    const buttons = document.createElement("p");
    buttons.className = "zoom";
    buttons.append(
      button("Fit", "show the whole picture", fit),
      button("+", "larger", () => zoom(STEP)),
      button("\u2212", "smaller", () => zoom(1 / STEP)),
    );
    frame.before(buttons);
    frame.classList.add("live");
    read();

    picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const place = picture.getBoundingClientRect();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX - place.x, event.clientY - place.y);
    }, { passive: false });
    let held = null, moved = false;
    picture.addEventListener("pointerdown", (event) => {
      moved = false;
      if (event.button === 0 && scale() > fitting() * 1.01) held = { x: event.clientX, y: event.clientY };
    });
    picture.addEventListener("pointermove", (event) => {
      if (!held) return;
      const x = event.clientX - held.x, y = event.clientY - held.y;
      if (!moved && Math.hypot(x, y) < STILL) return;
      if (!moved) picture.setPointerCapture(event.pointerId);
      moved = true;
      held = { x: event.clientX, y: event.clientY };
      look(view().x - x / scale(), view().y - y / scale(), view().width, view().height);
    });
    ["pointerup", "pointercancel"].forEach((name) => picture.addEventListener(name, () => { held = null; }));
    // What ends a drag does not choose a resource.
    picture.addEventListener("click", (event) => {
      if (!moved) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
    picture.addEventListener("dragstart", (event) => event.preventDefault());
  }
  if (picture) movable(picture);

  document.addEventListener("click", (event) => {
    const target = event.target.closest(".chip, .group, article .resource");
    if (!target) return;
    event.preventDefault();
    const title = target.querySelector("title");
    choose(target.dataset.resource, (title || target).textContent);
  });
  drawn.forEach((element) => {
    const hover = (on) => () => lines.forEach((line) => {
      const { user, used } = line.dataset;
      const id = element.dataset.resource;
      const chosen = value(form, "resource");
      if (user === id || used === id) line.classList.toggle("on", on || user === chosen || used === chosen);
    });
    element.addEventListener("mouseenter", hover(true));
    element.addEventListener("mouseleave", hover(false));
  });
  live(form, filter);
})();
