// Files to hand in: what was chosen and how large it is, before it is sent. The form works without it.
// What would be refused for want of an answer is asked for here: a browser forgets the file of a form that comes back.
const language = document.documentElement.lang;
const steps = ["byte", "kilobyte", "megabyte", "gigabyte"];

function readable(bytes) {
  const step = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), steps.length - 1);
  const style = { style: "unit", unit: steps[step], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, style).format(bytes / 1024 ** step);
}

function line(file, zone) {
  const item = document.createElement("li");
  const name = document.createElement("b");
  name.textContent = file.name;
  const large = file.size > Number(zone.dataset.most);
  item.append(name, ` ${readable(file.size)}${large ? ` – ${zone.dataset.tooLarge}` : ""}`);
  item.classList.toggle("k-bad", large);
  return item;
}

for (const zone of document.querySelectorAll("[data-files]")) {
  const input = zone.querySelector('input[type="file"]');
  const list = zone.querySelector("ul[role=status]");
  const show = () => list.replaceChildren(...Array.from(input.files, (file) => line(file, zone)));
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, () => zone.classList.add("k-drop-over"));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("k-drop-over"));
  show();
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const { feed, kind } = form.elements;
  const judge = () => kind.setCustomValidity(kind.value || feed.value ? "" : form.dataset.upload);
  form.addEventListener("submit", (event) => {
    judge();
    if (!form.reportValidity()) event.preventDefault();
  });
  for (const field of [feed, kind]) field.addEventListener("input", judge);
}
