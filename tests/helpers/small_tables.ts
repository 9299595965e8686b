/**
 * Small tables on which tests run whole scripts.
 * @module
 */
import { writeWhole } from "../../core/disk/files.ts";
import { normals } from "./scenarios.ts";

/**
 * Writes a table of two features, x and y, a column of ones and a class that follows from x and y; returns its path.
 */
export function writeTable(path: string, count: number, trial: number, classes: 2 | 3 = 3): string {
  const draws = normals(2 * count, trial);
  const lines = Array.from({ length: count }, (_, row) => {
    const [x, y] = draws.subarray(2 * row, 2 * row + 2);
    return `${x},${y},1,${x > 0 ? "cat" : y > 0 || classes === 2 ? "dog" : "ship"}`;
  });
  writeWhole(path, ["x,y,one,class", ...lines, ""].join("\n"));
  return path;
}
