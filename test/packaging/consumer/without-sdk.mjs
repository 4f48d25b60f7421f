// No SDK is installed at all: making an adapter works, its first request says what to install.
import { DecommissionError } from "cloud-decom";
import { aws } from "cloud-decom/aws";

const cloud = aws({ region: "eu-west-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" } });
const error = await cloud.listDependencies(["i-0123456789abcdef0"]).catch((thrown) => thrown);
console.log(JSON.stringify({ ours: DecommissionError.isInstance(error), code: error.code, hint: error.hint }));
