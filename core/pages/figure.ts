/**
 * What figures in pages have in common.
 * @module
 */

/**
 * Makes a figure of Observable Plot one picture to a screen reader, named by its label; Plot labels its groups too,
 * which takes a role.
 *
 * @param figure The figure.
 * @returns It.
 *
 * @example
 * ```ts
 * import * as Plot from "@observablehq/plot";
 * import { asPicture } from "./figure.ts";
 *
 * // Needs the document of a page.
 * const draw = () => asPicture(Plot.plot({ ariaLabel: "K against σ", marks: [Plot.dot([[1, 2]])] }));
 * ```
 */
export function asPicture<Figure extends Element>(figure: Figure): Figure {
  for (const svg of figure.matches("svg") ? [figure] : figure.querySelectorAll("svg")) {
    if (svg.hasAttribute("aria-label")) svg.setAttribute("role", "img");
    else svg.setAttribute("aria-hidden", "true"); // a key of the legend, beside its text
  }
  for (const group of figure.querySelectorAll("g[aria-label]")) group.setAttribute("role", "group");
  return figure;
}
