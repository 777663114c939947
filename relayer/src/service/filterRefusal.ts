import { fits, type Matchable } from "@herald/chains/hyperlane/matchingList";
import type { RouteFilters } from "../config/routeFilters.js";

/** Why the filters keep this relayer from serving a request, naming list and element (from 0, as the file's problems do); null if they do not. */
export function filterRefusal({ whitelist, blacklist }: RouteFilters, request: Matchable): string | null {
  const forbidden = blacklist?.findIndex((element) => fits(element, request)) ?? -1;
  if (forbidden >= 0) return `It matches the blacklist of this relayer's filters (blacklist.${forbidden}).`;
  if (whitelist === undefined || whitelist.some((element) => fits(element, request))) return null;
  const last = whitelist.length - 1;
  const elements = last === 0 ? "whitelist.0" : `whitelist.0 to whitelist.${last}`;
  return `It matches nothing on the whitelist of this relayer's filters (${elements}).`;
}
