/** Every workflow that a worker of this project runs. */
export { checkout } from './checkout.ts';
