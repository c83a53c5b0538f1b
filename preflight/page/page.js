"use strict";
(() => {
  const form = document.getElementById("filters");
  const cards = [...document.querySelectorAll("article")];
  const rows = [...document.querySelectorAll("#rules tbody tr")];
  const picture = document.querySelector("svg");
  const drawn = picture ? [...picture.querySelectorAll("[data-resource]")] : [];
  const lines = picture ? [...picture.querySelectorAll("[data-user]")] : [];
  const fields = ["pillar", "severity", "kind", "change", "resource"].filter((name) => form.elements[name]);
  const value = (name) => form.elements[name].value;
  const words = () => value("search").trim().toLowerCase().split(/\s+/).filter(Boolean);

  const matches = (element, names) =>
    names.every((name) => !value(name) || element.dataset[name].split(" ").includes(value(name))) &&
    words().every((word) => element.textContent.toLowerCase().includes(word));

  function filter() {
    const shown = cards.filter((card) => matches(card, fields));
    cards.forEach((card) => { card.hidden = !shown.includes(card); });
    rows.forEach((row) => { row.hidden = !matches(row, ["pillar", "severity"]); });
    form.querySelector("output").textContent = `${shown.length} of ${cards.length} findings`;
    document.getElementById("none").hidden = shown.length > 0;
    paint(new Set(shown.map((card) => card.dataset.resource)));
  }

  function paint(touched) {
    if (!picture) return;
    const chosen = value("resource");
    const near = new Set();
    lines.forEach((line) => {
      const { user, used } = line.dataset;
      const on = Boolean(chosen) && (user === chosen || used === chosen);
      line.classList.toggle("on", on);
      if (on) { near.add(user); near.add(used); }
    });
    const filtered = fields.some((name) => value(name)) || words().length > 0;
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
      const chosen = value("resource");
      if (user === id || used === id) line.classList.toggle("on", on || user === chosen || used === chosen);
    });
    element.addEventListener("mouseenter", hover(true));
    element.addEventListener("mouseleave", hover(false));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
