/** The kinds of places behind a load balancer where a server can stand. */
export type TargetPlace = "alb" | "nlb" | "gwlb" | "clb" | "clb-vserver" | "clb-pair";

const places: readonly TargetPlace[] = ["alb", "nlb", "gwlb", "clb", "clb-vserver", "clb-pair"];

/** Names one place: which product it belongs to, and the id of the server group or, for `clb`, of the balancer. */
export function targetId(place: TargetPlace, id: string): string {
  return `${place}/${id}`;
}

/** What such a name names; `undefined` for any other text. */
export function placeOf(name: string): { readonly place: TargetPlace; readonly id: string } | undefined {
  const [word, id, more] = name.split("/");
  const place = places.find((known) => known === word);
  return place === undefined || id === undefined || id === "" || more !== undefined ? undefined : { place, id };
}
