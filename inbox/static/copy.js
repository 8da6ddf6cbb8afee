// Pages beside the conversations: buttons that copy what stands elsewhere on the page.
import "./page.js";

for (const button of document.querySelectorAll("button.copy")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = source.value ?? [...source.children].map((one) => one.textContent.trim()).join("\n");
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.copied;
  });
}
