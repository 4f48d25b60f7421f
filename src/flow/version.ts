/** The version of this package, as plans and receipts name it. A test compares it with `package.json`. */
export const libraryVersion = "0.1.0";
