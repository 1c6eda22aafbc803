// Takes out of a stranger's HTML whatever could run, load or lead somewhere. It is shown in a sandboxed frame with a policy of its
// own all the same; this keeps the browser from even trying.
const DEAD = "script, link, meta, base, iframe, frame, frameset, object, embed, applet, form, portal, template, noscript, animate, set, audio, video, source, track, dialog";
const LEADING = ["src", "srcset", "href", "xlink:href", "action", "formaction", "poster", "background", "data", "ping", "srcdoc", "manifest", "cite", "longdesc", "lowsrc", "dynsrc"];

export const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A whole page for `srcdoc`. */
export function defuse(html: string, style = ""): string {
  // What is in a template belongs to a document in which nothing is fetched, run, or even looked at as a script.
  const template = document.createElement("template");
  // Chromium tells of handlers as soon as they are parsed, so they lose their names before that.
  template.innerHTML = html.replace(/<[^>]*>?/g, (tag) => tag.replace(/([\s"'/])on(?=[a-z]+\s*=)/gi, "$1data-on"));
  const page = template.content;
  page.querySelectorAll(DEAD).forEach((element) => element.remove());
  page.querySelectorAll("style").forEach((element) => (element.textContent = harmless(element.textContent ?? "")));
  page.querySelectorAll("*").forEach((element) => {
    for (const { name, value } of [...element.attributes]) {
      const lower = name.toLowerCase();
      const isData = lower === "src" && element.localName === "img" && /^data:image\/(png|jpeg|gif|webp);/i.test(value);
      if (lower.startsWith("on") || (LEADING.includes(lower) && !isData)) element.removeAttribute(name);
      else if (/url\s*\(|image-set|@import|\\/i.test(value) && !isData) element.removeAttribute(name);
    }
  });
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer">`;
  return `<!doctype html><html><head>${head}<style>${style}</style></head><body>${template.innerHTML}</body></html>`;
}

/** Style without anything that is fetched; a backslash could hide that. */
export const harmless = (css: string) => (/url\s*\(|@import|image-set|\\|</i.test(css) ? "" : css);
