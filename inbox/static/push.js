// Notifications that come while no page is open. The browser asks its push service for a place where
// we may leave them and brings it to the server; only this browser can read what is left there.
import { get, submit } from "./page.js";

const form = get("push");
const button = get("push-on");
const told = get("push-told");
const STORE = "parley-push";

// Whose notifications this browser shows. One that keeps nothing asks each time.
function mine(value) {
  try {
    if (value === undefined) return localStorage.getItem(STORE);
    if (value) localStorage.setItem(STORE, value); else localStorage.removeItem(STORE);
  } catch { /* As said. */ }
  return null;
}

function fill(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  form.elements.endpoint.value = endpoint;
  form.elements.p256dh.value = keys.p256dh;
  form.elements.auth.value = keys.auth;
}

function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function isFor(subscription, key) {
  const held = new Uint8Array(subscription.options.applicationServerKey || []);
  return held.length === key.length && held.every((one, place) => one === key[place]);
}

async function subscribe() {
  const registration = await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
  const key = bytes(form.dataset.key);
  const held = await registration.pushManager.getSubscription();
  // Made for a key that this server has no more: nothing would come.
  if (held && !isFor(held, key)) await held.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function why() {
  if (!window.isSecureContext) return form.dataset.insecure;
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    return Notification.permission === "denied" ? form.dataset.denied : "";
  }
  // An iPhone allows it only to what stands on its home screen.
  return "standalone" in navigator && !navigator.standalone ? form.dataset.apple : form.dataset.none;
}

function say(text) {
  told.textContent = text;
  told.hidden = !text;
}

async function turnOn() {
  if (await Notification.requestPermission() !== "granted") return say(why() || form.dataset.denied);
  button.disabled = true;
  try {
    fill(await subscribe());
    const data = await submit(form);
    mine(form.dataset.me);
    location.assign(data.to);
  } catch (error) {
    // What the browser says is in its own words, and seldom of use.
    say(error.name === "Error" && error.message ? error.message : form.dataset.failed);
    button.disabled = false;
  }
}

async function turnOff() {
  mine("");
  const registration = await navigator.serviceWorker?.getRegistration("/");
  const held = await registration?.pushManager.getSubscription();
  await held?.unsubscribe();
}

// The place may have changed, and after signing in it belongs to a new session: tell the server,
// once for each.
async function again() {
  if (mine() !== form.dataset.me || why() || Notification.permission !== "granted") return;
  const session = form.elements.csrf.value, store = `${STORE}-told`;
  if (sessionStorage.getItem(store) === session) return;
  const registration = await navigator.serviceWorker.getRegistration("/");
  const held = await registration?.pushManager.getSubscription();
  if (!held) return;
  fill(held);
  form.elements.again.value = "yes";
  await submit(form);
  sessionStorage.setItem(store, session);
}

if (form && button) {
  const problem = why();
  say(problem);
  button.hidden = Boolean(problem || get("this-browser"));
  button.addEventListener("click", turnOn);
  for (const one of document.querySelectorAll("form.ends-push")) {
    one.addEventListener("submit", () => { turnOff().catch(() => {}); });
  }
} else if (form) {
  again().catch(() => {});
}
