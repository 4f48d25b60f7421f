import type { DecommissionEvent } from "cloud-decom";

/** Prints what goes on, one line per thing worth knowing; on a terminal the current wait in place. */
export function progressPrinter(print: (text: string) => void, live: boolean): (event: DecommissionEvent) => void {
  let requests = 0;
  let pending = "";
  const line = (text: string) => {
    if (live && pending !== "") print(`\r${" ".repeat(pending.length)}\r`);
    pending = "";
    print(`${text}\n`);
  };
  const status = (text: string) => {
    if (!live) return;
    print(`\r${text.padEnd(pending.length)}`);
    pending = text;
  };
  return (event) => {
    switch (event.type) {
      case "request":
        requests += 1;
        return status(`  … ${requests} requests, last ${event.api}`);
      case "throttled":
        return line(`  throttled: ${event.api}, now ${event.perSecond.toFixed(1)} a second`);
      case "instance":
        return line(
          `  ${event.instanceId}  ${event.operation}: ${event.status}${event.problem ? ` (${event.problem.message})` : ""}`,
        );
      case "progress":
        return status(
          `  … ${event.operation} ${event.done}/${event.total}${event.waitingFor ? `, waiting for ${event.waitingFor}` : ""}`,
        );
      case "warning":
        return line(`  warning: ${event.problem.message}`);
      case "clock":
        return line(`  warning: this computer's clock is ${Math.round(event.skewMs / 1000)} s off`);
      case "run":
        return line(`  run ${event.runId.slice(0, 12)}: ${event.state.status}`);
    }
  };
}
