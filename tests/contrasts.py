"""A page in a browser → how well each piece of its text stands out."""

from __future__ import annotations

# WCAG 2.2, contrast (minimum): the ratio of each piece of text to the ground that is painted behind it.
CONTRASTS = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    const painted = channels(getComputedStyle(e).backgroundColor);
    return painted.length === 3 || painted[3] === 1 || !e.parentElement ? painted : ground(e.parentElement);
  };
  const words = 'header p, h1, main p, main strong, main small, del, ins, label, legend, button, footer p, footer a';
  return [...document.querySelectorAll(words)].map(e => {
    const [dark, light] = [channels(getComputedStyle(e).color), ground(e)].map(luminance).sort((a, b) => a - b);
    return [e.tagName, (light + 0.05) / (dark + 0.05)];
  });
}"""
