// The frame: requests, theme, menus, toasts, search key, help. Every page works without it.
const root = document.documentElement;
const night = matchMedia("(prefers-color-scheme: dark)");

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});
// A refused form (422) or conflict (409) is content to show, not a failure to hide.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  if (status === 422 || status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// A page that is being left asks for nothing more: a question repeated meanwhile would begin the way anew.
let leaving = false;
document.addEventListener("htmx:beforeOnLoad", (event) => {
  leaving ||= event.detail.xhr.getResponseHeader("HX-Redirect") !== null;
});
document.addEventListener("htmx:beforeRequest", (event) => leaving && event.preventDefault());
addEventListener("pageshow", () => (leaving = false));

// Without a connection the page says so, and keeps what was typed: a form is not sent into nowhere.
const offline = document.querySelector("[data-offline]");
const tellConnection = (gone) => offline && (offline.hidden = !gone);
addEventListener("offline", () => tellConnection(true));
addEventListener("online", () => tellConnection(false));
document.addEventListener("htmx:sendError", () => tellConnection(true));
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && tellConnection(false));
document.addEventListener("submit", async (event) => {
  if (!offline || offline.hidden || event.defaultPrevented) return;
  event.preventDefault();
  const back = await fetch("/livez", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  tellConnection(!back);
  if (back) event.target.requestSubmit(event.submitter);
});

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : night.matches);
const announceTheme = () => document.dispatchEvent(new CustomEvent("kam:theme"));

function setTheme(theme) {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  announceTheme();
}
night.addEventListener("change", announceTheme);

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

// Of tabs wider than a phone the current one is in sight.
for (const tab of document.querySelectorAll(".k-tabs [aria-current]")) {
  const tabs = tab.closest(".k-tabs");
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

const clicks = {
  "[data-theme-toggle]": () => setTheme(isDark() ? "light" : "dark"),
  "[data-dismiss]": (button) => button.closest("[data-toast]")?.remove(),
  "[data-keys]": () => document.getElementById("keys")?.showModal(),
  "[data-copy]": (button) => navigator.clipboard?.writeText(button.dataset.copy),
};
document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details[data-menu]"));
  for (const [selector, act] of Object.entries(clicks)) {
    const found = event.target.closest(selector);
    if (found) act(found);
  }
});

// Whoever goes on by keyboard leaves no menu open behind them.
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.select();
      search.focus();
    }
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") walkHits(event);
  if (event.key === "Escape") {
    const found = document.activeElement?.closest?.(".k-search")?.querySelector("#search-found");
    if (found) found.replaceChildren();
    const menu = document.activeElement?.closest?.("details[data-menu][open]");
    closeMenus(null);
    menu?.querySelector("summary")?.focus();
  }
});

// Arrows walk from the search field through what it found, and back.
function walkHits(event) {
  const form = document.activeElement?.closest?.(".k-search");
  const stops = form ? [form.querySelector("[data-search]"), ...form.querySelectorAll("[data-hit]")] : [];
  const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// A toast without an action leaves after ten seconds, but never while somebody reads or tabs to it.
function dismissLater(toast) {
  if (toast.querySelector("form, a")) return;
  setTimeout(() => (toast.matches(":hover, :focus-within") ? dismissLater(toast) : toast.remove()), 10_000);
}
const dismissAll = (scope) => scope.querySelectorAll?.("[data-toast]").forEach(dismissLater);
dismissAll(document);
document.addEventListener("htmx:load", (event) => dismissAll(event.detail.elt));
