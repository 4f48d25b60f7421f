import { describe, expect, it } from "vitest";
import { actions } from "../../../../providers/tencent/fake/actions.js";
import { services } from "../../../../providers/tencent/fake/envelopes.js";
import type { Shape } from "../../../../providers/tencent/fake/wire/shape.js";
import { modelsOf } from "./sdk-models.js";

/** A shape without what the SDK's types do not tell: how long a list may be, which words a text takes. */
function plain(shape: Shape | undefined): unknown {
  if (shape?.kind === "list") return [plain(shape.item)];
  if (shape?.kind !== "record") return shape?.kind ?? {};
  return Object.fromEntries(
    [...shape.fields].map(([name, field]) => [field.required ? `${name}!` : name, plain(field.shape)]),
  );
}

describe("the fake's parameter tables", () => {
  for (const [service, { version }] of Object.entries(services)) {
    it(`know the parameters of every ${service} action as the SDK's models do`, () => {
      const models = modelsOf(service, version);
      const own = Object.entries(actions).filter(([api]) => api.startsWith(`${service}:`));
      expect(own.length).toBeGreaterThan(0);
      for (const [api, { parameters }] of own)
        expect({ api, shape: plain(parameters) }).toEqual({
          api,
          shape: plain(models.request(api.split(":")[1] ?? "")),
        });
    });
  }
});
