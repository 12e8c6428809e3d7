// Wakes the GOV.UK components and closes menus; every page works without it.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A table wider than its column scrolls; whoever uses the keyboard must reach it.
for (const wide of document.querySelectorAll(".prose table")) {
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
}

// Copying is a button where the browser lets us; the field can be selected everywhere.
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) break;
  const field = document.getElementById(button.dataset.copies);
  const told = document.getElementById(`${field.id}-copied`);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    told.textContent = button.dataset.copied;
  });
}

// When a fragment is refused (signed out, too fast), send the form as if there were no htmx:
// the page that comes back says what happened. What only reads is let be.
const sendPlainly = (event) => {
  const asked = event.target;
  const form = asked.closest("form");
  if (!form || asked.hasAttribute("data-hx-get")) return;
  if (asked.name) {
    const pressed = document.createElement("input");
    Object.assign(pressed, { type: "hidden", name: asked.name, value: asked.value });
    form.append(pressed);
  }
  form.submit();
};

document.addEventListener("htmx:response:error", sendPlainly);
