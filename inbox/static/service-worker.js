// Shows notifications and opens what they are about. It keeps nothing and answers no request of a
// page: with no "fetch" handler every page comes from the server, as if there were no worker.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try { told = event.data.json(); } catch { /* Something must be shown all the same. */ }
  event.waitUntil(self.registration.showNotification(told.title || "Parley", {
    body: told.body || "",
    tag: told.tag || "parley",
    // A second message in the same conversation takes the place of the first, and is heard.
    renotify: true,
    lang: told.lang || "",
    icon: "ICON_URL",
    badge: "BADGE_URL",
    data: { url: told.url || "/inbox" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/inbox", self.location.origin);
  // Whatever a message says, nothing but our own pages is opened.
  event.waitUntil(open(url.origin === self.location.origin ? url : new URL("/inbox", self.location.origin)));
});

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === url.pathname);
  if (there) return there.focus();
  // A list without a conversation may become this one; what somebody writes elsewhere stays.
  const list = pages.find((page) => new URL(page.url).pathname === "/inbox");
  if (list) {
    try {
      await list.focus();
      return await list.navigate(url.href);
    } catch { /* A page that this worker does not look after yet. */ }
  }
  return self.clients.openWindow(url.href);
}
