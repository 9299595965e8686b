/** Whether `deno task test:soak` runs the tests, which has the time for many more of the same. */
export const SOAK = Deno.args.includes("--soak");
