/** A QR code as the path of an SVG. Loaded only when somebody asks for it. */

import { encode } from "uqr";

export type Qr = Readonly<{ size: number; path: string }>;

/** Black squares of one unit; `size` units each way, the quiet border included. */
export function qr(text: string): Qr {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return { size, path };
}
