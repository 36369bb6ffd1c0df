// Copy buttons. Without this script the values are on the page all the same and one click selects each whole.
const spoken = document.createElement("p");
spoken.className = "unseen";
spoken.setAttribute("role", "status");
document.body.append(spoken);

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  const [word, rest] = button.children;
  const label = word.textContent;
  const name = rest.textContent.trim();
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      word.textContent = "Copied";
      spoken.textContent = `Copied: ${name}`;
    } catch {
      getSelection().selectAllChildren(source);
      word.textContent = "Selected";
      spoken.textContent = `Selected: ${name}. Copy it with the keyboard.`;
    }
    setTimeout(() => {
      word.textContent = label;
    }, 2500);
  });
}
