/** `IInterchainSecurityModule.Types`. */
export const moduleTypes = {
  routing: 1,
  aggregation: 2,
  merkleRootMultisig: 4,
  messageIdMultisig: 5,
  null: 6,
  ccipRead: 7,
} as const;
