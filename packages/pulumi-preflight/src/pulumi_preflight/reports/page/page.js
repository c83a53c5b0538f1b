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
