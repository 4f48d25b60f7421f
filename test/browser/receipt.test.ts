import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReceipt } from "../../src/flow/receipt/render-receipt.js";
import { bigReceipt, hostile } from "./big-receipt.js";

const executablePath = "/usr/bin/chromium";
const isThere = existsSync(executablePath);
if (!isThere) console.warn(`!!! SKIPPED: ${executablePath} is missing, so no receipt was opened in a browser. !!!`);

const desk: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };
const dark: BrowserContextOptions = { ...desk, colorScheme: "dark" };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 } };
const forms = { "on a desk": desk, "in the dark": dark, "on a phone": phone };

/** A page, with everything it complained about and asked for. */
interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

describe.skipIf(!isThere)("the receipt of two hundred servers in a browser", () => {
  let browser: Browser;
  let directory = "";
  const urls: Record<string, string> = {};

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    directory = await mkdtemp(join(tmpdir(), "cloud-decom-browser-"));
    const receipt = await bigReceipt();
    expect(receipt.instances).toHaveLength(200);
    for (const locale of ["en", "zh"] as const) {
      const file = join(directory, `${locale}.html`);
      await writeFile(file, await renderReceipt(receipt, { format: "html", locale }));
      urls[locale] = pathToFileURL(file).href;
    }
  });
  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(locale: string, options: BrowserContextOptions): Promise<Opened> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(urls[locale] ?? "", { waitUntil: "load" });
    return { page, complaints, requests };
  }

  for (const locale of ["en", "zh"]) {
    it.each(Object.entries(forms))(
      `opens in ${locale} %s without a complaint, a request, or a line that runs off the screen`,
      async (_, form) => {
        const { page, complaints, requests } = await open(locale, form);
        expect(await page.evaluate(unfold)).toBeGreaterThan(200);
        expect(complaints).toEqual([]);
        expect(requests).toEqual([urls[locale]]);
        const [needed, given] = await page.evaluate<[number, number]>(
          "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
        );
        expect(needed).toBeLessThanOrEqual(given);
        expect(await page.evaluate("document.documentElement.lang")).toBe(locale === "zh" ? "zh-CN" : "en");
        await page.close();
      },
    );
  }

  it("shows a tag that would be markup as the text it is", async () => {
    const { page } = await open("en", desk);
    expect(await page.locator("img, script, iframe, object, embed").count()).toBe(0);
    expect(await page.title()).not.toContain("broken");
    expect(await page.locator("summary", { hasText: hostile }).count()).toBe(1);
    await page.close();
  });

  it("shows what needs a look first and open, and folds what went as planned", async () => {
    const { page } = await open("en", desk);
    const first = page.locator("#instances tbody tr").first();
    expect(await first.textContent()).toContain("blocked");
    expect(await page.locator("#instances details").getAttribute("open")).toBeNull();
    expect(await page.locator("#instances tbody tr").count()).toBe(200);
    expect(await page.locator("#timeline details").count()).toBe(200);
    await page.close();
  });

  it("can be read in every light: text stands out from its ground by 4.5 to 1", async () => {
    for (const form of [desk, dark]) {
      const { page } = await open("en", form);
      expect(await page.evaluate<readonly string[]>(tooFaint)).toEqual([]);
      await page.close();
    }
  });

  it("prints whole: what is folded on screen stands open on paper, and links do not", async () => {
    const { page } = await open("en", desk);
    expect(await page.evaluate(showsLastStep)).toBe(false);
    await page.emulateMedia({ media: "print" });
    // What a fold hides is reckoned again with the next frame, not at once.
    await page.waitForFunction(showsLastStep);
    expect(await page.evaluate(showsLastStep)).toBe(true);
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(50_000);
    await page.close();
  });
});

// What runs in the page is text here, since the types of a page are not those of this process.

/** Opens what is folded, and tells how much that was. */
const unfold = `[...document.querySelectorAll("details")].map((details) => (details.open = true)).length`;

/** Whether the last step of the last server's story can be seen. */
const showsLastStep = `[...document.querySelectorAll("#timeline details li")].at(-1).checkVisibility({ contentVisibilityAuto: true })`;

/** Names texts whose contrast is below that of WCAG 2.2, 1.4.3. */
const tooFaint = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const node of document.querySelectorAll("h1, h2, p, b, dt, dd, th, td, summary, .tone, a, time, figcaption")) {
    const [one, other] = [luminance(channels(getComputedStyle(node).color)), luminance(ground(node))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.add(node.tagName + "." + node.className + " " + contrast.toFixed(2));
  }
  return [...faint];
})()`;
