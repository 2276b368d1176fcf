-- Lists are always of one client: one with few orders among millions must not read past everybody else's.
drop index orders_newest;
drop index orders_by_status;
drop index orders_by_email;
create index orders_of_client on orders (client_id, created_at desc, order_id desc);
create index orders_of_client_by_status on orders (client_id, status, created_at desc, order_id desc);
create index orders_of_client_by_email on orders (client_id, lower(customer_email), created_at desc, order_id desc);

-- Statistics and audits ask for the orders since a moment, which lie together, as they came.
create index orders_by_age on orders using brin (created_at) with (autosummarize = on, pages_per_range = 16);
