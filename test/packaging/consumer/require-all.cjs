const { DecommissionError } = require("cloud-decom");
const { aws } = require("cloud-decom/aws");
const { fakeAws } = require("cloud-decom/aws/fake");
const { describeAdapterContract } = require("cloud-decom/testing");
console.log(JSON.stringify([DecommissionError, aws, fakeAws, describeAdapterContract].map((each) => typeof each)));
