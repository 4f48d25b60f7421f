import type { JsonObject } from "../../../../src/common.js";
import { need, number, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { NatRule, Resource } from "../records.js";
import { vpc } from "../service.js";
import {
  existing,
  join,
  leave,
  resourcesOf,
  type TencentActions,
  type TencentRequestContext,
  type TencentState,
} from "../state.js";
import { beijing } from "../times.js";

const rule = "IpProtocol! PublicIpAddress! PublicPort:n! PrivateIpAddress! PrivatePort:n! Description";

/** NAT gateways and the rules that lead to instances. */
export const natActions: TencentActions = {
  "vpc:DescribeNatGateways": list<Resource>(vpc, {
    parameters: "NatGatewayIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "NatGatewaySet",
    things: gateways,
    ids: { parameter: "NatGatewayIds", path: "NatGatewayId", notFound: "ResourceNotFound" },
    item: ({ id, wire }, { state }) => ({
      ...wire,
      DestinationIpPortTranslationNatRuleSet: rulesOf(state, false)
        .filter(({ gatewayId }) => gatewayId === id)
        .map(destinationRule),
      SourceIpTranslationNatRuleSet: rulesOf(state, true)
        .filter(({ gatewayId }) => gatewayId === id)
        .map(sourceRule),
    }),
    filters: { "nat-gateway-id": "NatGatewayId", "vpc-id": "VpcId", "nat-gateway-name": "NatGatewayName" },
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeNatGatewayDestinationIpPortTranslationNatRules": list<NatRule>(vpc, {
    parameters: "NatGatewayIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "NatGatewayDestinationIpPortTranslationNatRuleSet",
    things: (state) => rulesOf(state, false),
    item: (one) => ({
      ...destinationRule(one),
      NatGatewayId: one.gatewayId,
      VpcId: one.vpcId,
      CreatedTime: beijing(one.createdAt),
    }),
    filters: {
      "nat-gateway-id": "NatGatewayId",
      "vpc-id": "VpcId",
      "public-ip-address": "PublicIpAddress",
      "public-port": "PublicPort",
      "private-ip-address": "PrivateIpAddress",
      "private-port": "PrivatePort",
      description: "Description",
    },
    pages: usualPages,
    chooses: ({ NatGatewayId }, { parameters }) => {
      const ids = parameters.NatGatewayIds;
      return !Array.isArray(ids) || ids.length === 0 || ids.includes(NatGatewayId);
    },
  }),
  "vpc:DescribeNatGatewaySourceIpTranslationNatRules": list<NatRule>(vpc, {
    parameters: "NatGatewayId! Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "SourceIpTranslationNatRuleSet",
    things: (state, { parameters }) => {
      const id = need(parameters, "NatGatewayId");
      existing(gateways(state), id, "ResourceNotFound", "NAT gateway");
      return rulesOf(state, true).filter(({ gatewayId }) => gatewayId === id);
    },
    item: sourceRule,
    filters: { "resource-id": "ResourceId", "public-ip-address": "PublicIpAddresses", description: "Description" },
    pages: usualPages,
  }),
  "vpc:DeleteNatGatewayDestinationIpPortTranslationNatRule": vpc.write(
    `NatGatewayId! DestinationIpPortTranslationNatRules[]{${rule}}!`,
    (context) => {
      const { state, effect } = context;
      const named = namedRules(context).map((one) => {
        const found = rulesOf(state, false).find((other) => isSame(other, one));
        if (!found) throw refusal("InvalidParameterValue.NatGatewayDnatRuleNotExists", "There is no such rule.");
        return found;
      });
      for (const { id } of named) {
        effect(id);
        state.natRules.delete(id);
        for (const membership of [...state.memberships.values()])
          if (membership.kind === "nat-rule" && membership.id === id) leave(state, "nat-rule", id, membership.member);
      }
      return {};
    },
  ),
  "vpc:CreateNatGatewayDestinationIpPortTranslationNatRule": vpc.write(
    `NatGatewayId! DestinationIpPortTranslationNatRules[]{${rule}}!`,
    (context) => {
      const { state, ids, effect } = context;
      const named = namedRules(context);
      for (const one of named)
        if (rulesOf(state, false).some((other) => isSame(other, one)))
          throw refusal("InvalidParameterValue.NatGatewayDnatRuleExisted", "There is such a rule already.");
      for (const one of named) {
        const id = ids.assign("nat-rule");
        effect(id);
        state.natRules.set(id, { ...one, id });
        const holder = [...state.interfaces.values()].find(({ privateIps }) => privateIps.includes(one.privateIp));
        if (holder?.instanceId !== undefined) join(state, "nat-rule", id, holder.instanceId);
      }
      return {};
    },
  ),
};

function gateways(state: TencentState): ReadonlyMap<string, Resource> {
  return new Map(resourcesOf(state, "nat-gateway").map((one) => [one.id, one]));
}

function rulesOf({ natRules }: TencentState, isSource: boolean): readonly NatRule[] {
  return [...natRules.values()].filter(({ instanceId }) => (instanceId !== undefined) === isSource);
}

function namedRules({ state, parameters, now }: TencentRequestContext): readonly NatRule[] {
  const gateway = existing(gateways(state), need(parameters, "NatGatewayId"), "ResourceNotFound", "NAT gateway");
  return records(parameters, "DestinationIpPortTranslationNatRules").map((sent) => ({
    id: "",
    gatewayId: gateway.id,
    vpcId: text(gateway.wire, "VpcId") ?? "",
    publicIp: need(sent, "PublicIpAddress"),
    publicPort: number(sent, "PublicPort") ?? 0,
    privateIp: need(sent, "PrivateIpAddress"),
    privatePort: number(sent, "PrivatePort") ?? 0,
    protocol: need(sent, "IpProtocol").toUpperCase(),
    createdAt: now,
  }));
}

function isSame(one: NatRule, other: NatRule): boolean {
  return JSON.stringify(destinationRule(one)) === JSON.stringify(destinationRule(other));
}

function destinationRule(one: NatRule): JsonObject {
  return {
    IpProtocol: one.protocol,
    PublicIpAddress: one.publicIp,
    PublicPort: one.publicPort,
    PrivateIpAddress: one.privateIp,
    PrivatePort: one.privatePort,
    Description: "",
  };
}

function sourceRule(one: NatRule): JsonObject {
  return {
    ResourceId: one.instanceId ?? "",
    ResourceType: "NETWORKINTERFACE",
    PrivateIpAddress: one.privateIp,
    PublicIpAddresses: [one.publicIp],
    Description: "",
    NatGatewaySnatId: one.id,
    NatGatewayId: one.gatewayId,
    VpcId: one.vpcId,
    CreatedTime: beijing(one.createdAt),
  };
}
