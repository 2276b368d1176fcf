/**
 * The order id in a workflow id: `order/<orderId>`, with more behind it for an operation on the order. For a group it is the
 * token of the group: `group/<token>`.
 */
export const orderOfWorkflow = (workflowId: string | undefined): string | undefined =>
  workflowId?.split('/')[1];
