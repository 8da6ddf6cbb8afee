"use strict";
// Goes on by itself, once: coming back with the browser's arrow does not send anybody away again.
if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward") document.getElementById("go").submit();
