"""What the tests with a real browser share: logging in, looking for a row, and what every page has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.chromium import Page

LIVE = "document.querySelector('[data-live]').dataset.live === 'yes'"
#: Text that stands on less than 4.5 times as much or as little light as itself.
FAINT = """
(() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = Array.from(node.childNodes).some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest('script, .hidden, .skip, [aria-hidden]')) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${node.className}: ${node.textContent.trim()} ${contrast.toFixed(2)}`);
  }
  return faint;
})()
"""
#: Fields without a label, lists and figures without a name, pages without their parts.
UNNAMED = """
[...document.querySelectorAll('input:not([type=hidden]), select, button, a, audio')]
  .filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute('aria-label')))
  .map((one) => one.outerHTML)
  .concat([...document.querySelectorAll('section')]
    .filter((one) => !one.matches('.card'))
    .filter((one) => !document.getElementById(one.getAttribute('aria-labelledby'))?.textContent.trim())
    .map((one) => one.outerHTML.slice(0, 80)))
  .concat(document.querySelectorAll('main').length === 1 && document.querySelectorAll('h1').length === 1
    ? [] : ['not one main and one h1'])
"""
#: What is to be pressed or filled in and lies over another such thing.
OVERLAPPING = """
(() => {
  const shown = [...document.querySelectorAll('input:not([type=hidden]), select, button, a, audio')]
    .filter((one) => one.checkVisibility() && !one.matches('.skip'))
    .filter((one) => !document.querySelector('dialog[open]') || one.closest('dialog[open]'));
  const boxes = shown.map((one) => [one, one.getBoundingClientRect()]);
  const over = ([a, x], [b, y]) => !a.contains(b) && !b.contains(a)
    && x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1;
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter((other) => over(one, other))
    .map((other) => `${one[0].outerHTML.slice(0, 80)} ${other[0].outerHTML.slice(0, 80)}`));
})()
"""


async def log_in(page: Page, url: str, name: str, path: str, password: str = "") -> None:
    """Open a page as somebody who has to log in first; by itself with the password that the stand-ins have."""
    await page.go(f"{url}{path}")
    await page.run(f"document.getElementById('user').value = {name!r}")
    await page.run(f"document.getElementById('password').value = {password or 'correct horse ' + name!r}")
    await page.submit("document.querySelector('form').requestSubmit()")


async def check(page: Page, width: int) -> None:
    await page.run("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => true)")
    assert await page.run("document.documentElement.scrollWidth") == width
    for wrong in (FAINT, UNNAMED, OVERLAPPING):
        found = await page.run(wrong)
        assert found == [], found


def row(list_: str, *texts: str) -> str:
    """An expression: a row of this list shows all of these."""
    wanted = " && ".join(f"row.innerText.includes({text!r})" for text in texts)
    return f"[...document.querySelectorAll('#{list_} li')].some((row) => {wanted})"


async def press(page: Page, where: str) -> None:
    """Press a button, as a person does: it has to be there, shown, and enabled."""
    found = f"document.querySelector({where!r})"
    await page.until(f"{found}?.checkVisibility() && !{found}.disabled")
    await page.run(f"{found}.click()")


async def choose(page: Page, where: str, value: str) -> None:
    """Choose in a list what has to be there, or type into a field."""
    found = f"document.querySelector({where!r})"
    await page.until(
        f"{found}?.checkVisibility() && ({found}.tagName !== 'SELECT' || "
        f"[...{found}.options].some((one) => one.value === {value!r}))"
    )
    await page.run(f"{found}.value = {value!r}, {found}.dispatchEvent(new Event('change', {{bubbles: true}}))")


async def shows(page: Page, where: str, *texts: str) -> None:
    """Wait until a part of the page shows all of these."""
    for text in texts:
        await page.until(f"document.querySelector({where!r})?.innerText.includes({text!r})")
