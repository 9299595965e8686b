/**
 * The library of a browser, where the tests find it in a page.
 */
import * as library from "../../core/browser.ts";

Object.assign(globalThis, { library });
