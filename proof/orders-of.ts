/** The order of a workflow, by its id: `order/<orderId>`, and what comes after it for an operation on the order. */
export const workflowOrder = (workflowId: string | undefined): string | undefined =>
  workflowId?.split('/')[1];
