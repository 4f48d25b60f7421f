import { describe, expect, it } from "vitest";
import { DecommissionError } from "../../src/errors.js";
import { type Approval, revokeApproval, type Trust } from "../../src/flow/approval.js";
import { signFields } from "../../src/flow/signing.js";
import { openFlow, person } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

function twoOfThree(change: Partial<Trust> = {}) {
  const world = openFlow([aRecord("a")]);
  const people = { ann: person("ann", world.clock), ben: person("ben", world.clock), cai: person("cai", world.clock) };
  const approvers = Object.values(people).map(({ name, publicKey }) => ({ name, publicKey }));
  const trust: Trust = { approvers, required: 2, ...change };
  const refused = async (approvals: readonly Approval[], code: string, more: Partial<Trust> = {}) => {
    await expect(world.execute({ trust: { ...trust, ...more }, approvals })).rejects.toMatchObject({ code });
    expect(world.cloud.mutations).toEqual([]);
  };
  return { ...world, ...people, trust, refused };
}

describe("approvals", () => {
  it("let a plan go that two people have signed", async () => {
    const { plan, ann, ben, trust, execute } = twoOfThree();
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    expect(await execute({ trust, approvals })).toMatchObject({ status: "finished" });
  });

  it("refuse a plan that nobody has signed", async () => {
    await twoOfThree().refused([], "approval-missing");
  });

  it("S42 count distinct names, however often one signs or with how many keys", async () => {
    const { plan, ann, refused, trust, clock } = twoOfThree();
    const second = person("ann", clock);
    const approvers = [...trust.approvers, { name: "ann", publicKey: second.publicKey }];
    const signed = await plan();
    await refused([await ann.approve(signed), await ann.approve(signed)], "approval-missing");
    await refused([await ann.approve(signed), await second.approve(signed)], "approval-missing", { approvers });
  });

  it("S42 never count the executor's own key", async () => {
    const { plan, ann, ben, refused } = twoOfThree();
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    await refused(approvals, "approval-invalid", { executorKeyId: ben.keyId });
  });

  it("S42 never count the executor under another key of the same name", async () => {
    const { plan, ann, ben, refused, trust, clock } = twoOfThree();
    const second = person("ben", clock);
    const approvers = [...trust.approvers, { name: "ben", publicKey: second.publicKey }];
    const approvals = [await ann.approve(await plan()), await second.approve(await plan())];
    await refused(approvals, "approval-invalid", { approvers, executorKeyId: ben.keyId });
    await refused(approvals, "approval-invalid", { approvers, plannerKeyId: ben.keyId });
  });

  it("S42 count the planner's key only where one approval is enough", async () => {
    const { plan, ann, ben, refused, execute, trust } = twoOfThree();
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    await refused(approvals, "approval-invalid", { plannerKeyId: ann.keyId });
    const one = { ...trust, required: 1, plannerKeyId: ann.keyId };
    expect(await execute({ trust: one, approvals: approvals.slice(0, 1) })).toMatchObject({ status: "finished" });
  });

  it("refuse a signature that was changed, a key that was swapped and a stranger's", async () => {
    const { plan, ann, ben, clock, refused } = twoOfThree();
    const good = await ann.approve(await plan());
    const other = await ben.approve(await plan());
    const flipped = `${good.signature.startsWith("A") ? "B" : "A"}${good.signature.slice(1)}`;
    await refused([{ ...good, signature: flipped }, other], "approval-invalid");
    await refused([{ ...good, keyId: ben.keyId }, other], "approval-invalid");
    await refused([good, { ...other, expiresAt: "2040-01-01T00:00:00Z" }], "approval-invalid");
    await refused([good, await person("eve", clock).approve(await plan())], "approval-invalid");
  });

  it("refuse one that was made for another plan, with the digest exchanged or not", async () => {
    const { plan, ann, ben, refused } = twoOfThree();
    const other = openFlow([aRecord("z")]);
    const replayed = await ann.approve(await other.plan());
    const mine = await ben.approve(await plan());
    await refused([replayed, mine], "approval-invalid");
    await refused([{ ...replayed, planDigest: (await plan()).digest }, mine], "approval-invalid");
  });

  it("refuse a signature over the same fields for another purpose", async () => {
    const { plan, ann, ben, refused } = twoOfThree();
    const { signature: _signature, ...fields } = await ann.approve(await plan());
    const wrong = { ...fields, signature: await signFields("revocation", fields, ann.signer) };
    await refused([wrong, await ben.approve(await plan())], "approval-invalid");
  });

  it("refuse one that has expired", async () => {
    const { plan, ann, ben, clock, refused } = twoOfThree();
    const soon = new Date(clock.now() + 60_000).toISOString();
    const approvals = [await ann.approve(await plan(), { expiresAt: soon }), await ben.approve(await plan())];
    await clock.advance(120_000);
    await refused(approvals, "approval-invalid");
  });

  it("refuse one of another version, and one that was made in the future", async () => {
    const { plan, ann, ben, clock, refused } = twoOfThree();
    const mine = await ben.approve(await plan());
    const { signature: _signature, ...fields } = await ann.approve(await plan());
    const newer = { ...fields, v: 2 };
    const signature = await signFields("approval", newer, ann.signer);
    const fromFile: Approval = JSON.parse(JSON.stringify({ ...newer, signature }));
    await refused([fromFile, mine], "approval-invalid");
    const ahead = { now: () => clock.now() + 3_600_000, sleep: clock.sleep };
    await refused([await ann.approve(await plan(), { clock: ahead }), mine], "approval-invalid");
  });

  it("are kept in the journal: a run that goes on needs nobody to approve it again", async () => {
    const { plan, ann, ben, trust, execute, cloud } = twoOfThree();
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    cloud.before = (operation) => {
      if (operation === "snapshot")
        throw new DecommissionError({ code: "authentication", message: "Expired.", hint: "" });
    };
    expect(await execute({ trust, approvals })).toMatchObject({ status: "paused" });
    cloud.before = undefined;
    expect(await execute({ trust })).toMatchObject({ status: "finished" });
  });

  it("S42 do not let a run begin while withdrawals cannot be read", async () => {
    const { plan, ann, ben, refused } = twoOfThree();
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    const revocations = () => Promise.reject(new Error("connection refused"));
    await refused(approvals, "approval-invalid", { revocations });
  });

  it("S42 stand against a withdrawal that is of another plan, or forged in a trusted name", async () => {
    const { plan, ann, ben, cai, trust, execute, clock, journal } = twoOfThree();
    const { digest } = await plan();
    const elsewhere = await revokeApproval("0".repeat(64), { keyId: cai.keyId, signer: cai.signer, clock });
    const forged = await revokeApproval(digest, { keyId: cai.keyId, signer: ann.signer, clock });
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    const revocations = () => [elsewhere, forged];
    expect(await execute({ trust: { ...trust, revocations }, approvals })).toMatchObject({ status: "finished" });
    for await (const { entry } of journal.read()) expect(entry.type).not.toBe("revoked");
  });

  it("refuse an edited plan before anything is signed", async () => {
    const { plan, ann } = twoOfThree();
    await expect(ann.approve({ ...(await plan()), reason: "other" })).rejects.toMatchObject({ code: "plan-mismatch" });
  });

  it("S42 are read against withdrawals at every gate, and what stood half done is given back", async () => {
    const { plan, ann, ben, cai, trust, execute, cloud, clock, standing, journal } = twoOfThree();
    const { digest } = await plan();
    let withdrawn = false;
    const revocation = await revokeApproval(digest, { keyId: cai.keyId, signer: cai.signer, clock });
    cloud.after = (api) => {
      if (api === "snapshot") withdrawn = true;
    };
    const revocations = () => (withdrawn ? [revocation] : []);
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    const result = await execute({ trust: { ...trust, revocations }, approvals });
    expect(result).toMatchObject({ status: "stopped", problem: { code: "approval-invalid" } });
    expect(standing()).toEqual(["a"]);
    expect(cloud.records.get("a")?.tags).toEqual({});
    const said = [];
    for await (const { entry } of journal.read()) if (entry.type === "revoked") said.push(entry.revocation);
    expect(said).toEqual([revocation]);
  });

  it("S42 stop forward steps while withdrawals cannot be read, and go on later", async () => {
    const { plan, ann, ben, trust, execute, cloud, standing } = twoOfThree();
    let down = false;
    cloud.after = (api) => {
      if (api === "tag") down = true;
    };
    const revocations = () => {
      if (down) throw new Error("connection refused");
      return [];
    };
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    const options = { trust: { ...trust, revocations }, approvals };
    expect(await execute(options)).toMatchObject({ status: "stopped", problem: { code: "approval-invalid" } });
    expect(standing()).toEqual(["a"]);
    cloud.after = undefined;
    down = false;
    expect(await execute(options)).toMatchObject({ status: "finished" });
  });

  it("ignore a withdrawal that nobody in trust has signed", async () => {
    const { plan, ann, ben, trust, execute, clock } = twoOfThree();
    const eve = person("eve", clock);
    const revocations = async () => [
      await revokeApproval((await plan()).digest, { keyId: eve.keyId, signer: eve.signer, clock }),
    ];
    const approvals = [await ann.approve(await plan()), await ben.approve(await plan())];
    expect(await execute({ trust: { ...trust, revocations }, approvals })).toMatchObject({ status: "finished" });
  });
});

describe("trust", () => {
  it("S42 lets a person alone retire what they said, and not one more", async () => {
    const small = openFlow([aRecord("a")]);
    const solo = { approvers: [], required: 0, solo: { maxInstances: 1 } };
    expect(await small.execute({ trust: solo })).toMatchObject({ status: "finished" });
    await expect(openFlow().execute({ trust: solo })).rejects.toMatchObject({ code: "approval-missing" });
  });

  it("asks for as many approvals as plan and guard demand, also of a person alone", async () => {
    const world = openFlow([aRecord("a")], { approvals: { required: 1 } });
    await expect(world.execute()).rejects.toMatchObject({ code: "approval-missing" });
    const other = openFlow([aRecord("a")]);
    await expect(other.execute({ guard: { approvals: { required: 1 } } })).rejects.toMatchObject({
      code: "approval-missing",
    });
  });

  it("is refused when it asks nobody without saying so, or names one key twice", async () => {
    const { execute, ann } = twoOfThree();
    const approver = { name: "ann", publicKey: ann.publicKey };
    const again = { ...approver, name: "anna" };
    for (const trust of [
      { approvers: [], required: 0 },
      { approvers: [approver, again], required: 1 },
    ]) {
      await expect(execute({ trust })).rejects.toMatchObject({ code: "invalid-request" });
    }
  });

  it("tells of a key that is no Ed25519 key without repeating it", async () => {
    const { execute } = twoOfThree();
    const secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
    const attempt = execute({ trust: { approvers: [{ name: "x", publicKey: secret }], required: 1 } });
    await expect(attempt).rejects.toMatchObject({ code: "invalid-request" });
    await expect(attempt).rejects.not.toThrow(/c2VjcmV0/);
  });
});
