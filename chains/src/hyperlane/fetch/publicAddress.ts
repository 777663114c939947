import { BlockList, isIP } from "node:net";

/** IPv4 networks that are nobody's public server (IANA's special-purpose registry). */
const special = new BlockList();
for (const network of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
]) {
  const [address = "", bits] = network.split("/");
  special.addSubnet(address, Number(bits), "ipv4");
}

/** Global unicast is one block; inside it documentation, and forms that carry an IPv4 address to be reached through them. */
const unicast = new BlockList();
unicast.addSubnet("2000::", 3, "ipv6");
const carried = new BlockList();
carried.addSubnet("2001::", 23, "ipv6");
carried.addSubnet("2001:db8::", 32, "ipv6");
carried.addSubnet("2002::", 16, "ipv6");
carried.addSubnet("3fff::", 20, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether anybody may be sent to this address: no network behind a router, no cloud's metadata service. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, "ipv4");
  return family === 6 && unicast.check(address, "ipv6") && !carried.check(address, "ipv6");
}

export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}
