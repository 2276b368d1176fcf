import type { queues as en } from './en.ts';
import type { Text } from '../../lib/texts.ts';

export const queues: Readonly<Record<keyof typeof en, Text>> = {
  'check.accepted': '重放会成功。',
  'check.hint': '检查不作更改。',
  'check.line': '第 {n} 行',
  'check.nothingDone': '尚未执行任何操作。',
  'check.refused': '重放会被拒绝。',
  'check.verb': '检查',
  'late.held': '在等待库存或面单，原因见订单页。',
  'late.noCode': '无运单号',
  'late.why.delivery': '运输中已{age}',
  'late.why.handOver': '{age}未交付承运人',
  'log.payment_checked': '已向支付商查询付款',
  'queue.ago': '{age}前',
  'queue.lastSettled': '上一项处理者：',
  'way.ask': '立即向支付商查询付款，查询不会扣款。',
  'way.ask.done': '正在询问支付商，结果见订单。',
  'way.ask.verb': '询问支付商',
  'way.cancelOrder': '订单结束。若发现已付款则退款。',
  'way.cancelOrder.verb': '取消订单',
  'way.count': '设置实际库存，对话框会列出仍缺货的订单。',
  'way.count.verb': '盘点或更正',
  'way.pauseItem': '恢复之前，新订单不能购买该商品。',
  'way.pauseItem.verb': '暂停销售',
  'way.report': '仓库已交给承运人：顾客会收到含运单号的邮件。',
  'way.report.verb': '已交付',
};
