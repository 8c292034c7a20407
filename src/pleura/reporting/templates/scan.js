const sheet = document.getElementById("sheet"), outlines = document.getElementById("outlines");
const both = sheet.style.backgroundImage, plain = both.slice(both.indexOf(", url(") + 2);
outlines.addEventListener("change", () => { sheet.style.backgroundImage = outlines.checked ? both : "none, " + plain; });
const slider = document.getElementById("slice");
if (slider) {
  const words = document.getElementById("words"), jumps = document.getElementById("jumps");
  const share = (at, count) => count > 1 ? 100 * at / (count - 1) : 0;
  const show = () => {
    const k = Number(slider.value);
    sheet.style.backgroundPosition = share(k % columns, columns) + "% " + share(Math.floor(k / columns), rows) + "%";
    const text = slices[k] + (flags[k].length ? ": " + flags[k].join("; ") : "");
    words.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    sheet.setAttribute("aria-label", text);
  };
  const go = (k) => { slider.value = k; show(); };
  for (const k of worst.slice(0, 12)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = slices[k].split(",")[0];
    button.addEventListener("click", () => go(k));
    jumps.appendChild(document.createElement("li")).appendChild(button);
  }
  slider.addEventListener("input", show);
  go(worst.length ? worst[0] : Math.floor(slices.length / 2));
}
