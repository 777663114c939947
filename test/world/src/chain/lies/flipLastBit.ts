/** The same hex with its last bit flipped; twice gives the first again. */
export function flipLastBit(hex: string): string {
  const digit = Number.parseInt(hex.slice(-1), 16);
  return Number.isNaN(digit) ? hex : hex.slice(0, -1) + (digit ^ 1).toString(16);
}
