/**
 * Unpacks SwiftShader, a Vulkan driver that computes on the CPU, and its loader from the npm package of a Chromium into
 * the given folder. A script with a configuration of its own, so that no task but the tests gets that large package.
 * @module
 */
import { brotliDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";

// The name is no literal, so that only this script's configuration has to know the package.
const archive = "@sparticuz/chromium/bin/swiftshader.tar.br";
const { default: packed } = await import(String(archive), { with: { type: "bytes" } });

const [folder] = Deno.args;
Deno.mkdirSync(folder, { recursive: true });
for (const { name, data } of parseTar(brotliDecompressSync(packed))) {
  if (/^(libvk|libvulkan|vk_)/.test(name)) Deno.writeFileSync(`${folder}/${name}`, data!);
}
