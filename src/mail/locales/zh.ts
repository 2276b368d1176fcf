import { isOnlyAuthorized, paragraphs, type MailTexts } from './texts.ts';

const NOT_CHARGED = '我们没有向您收费。如果银行显示有待处理的金额，它会自动取消。';
const MONEY_ARRIVES = '款项到账的时间取决于您的银行，一般需要几天。';

export const zh: MailTexts = {
  language: 'zh-CN',
  direction: 'ltr',
  greeting: (name) => (name === undefined ? '您好：' : `${name}，您好：`),
  labels: {
    alertAt: '预警数量',
    available: '可售数量',
    carrier: '承运商',
    delivered: '送达日期',
    deliverTo: '收货地址',
    item: '商品',
    items: '商品',
    location: '仓库',
    message: '我们的说明',
    order: '订单号',
    ordered: '下单日期',
    price: '价格',
    refund: '退款',
    returnNumber: '退货编号',
    sent: '发货日期',
    since: '开始时间',
    sku: '货号',
    total: '合计',
    trackingCode: '运单号',
  },
  buttons: {
    track: '查询物流',
    label: '打开退货标签',
    shop: '前往商店',
    product: '立即购买',
    confirm: '确认，请通知我',
  },
  footer: {
    contact: (address) =>
      address === undefined
        ? '有疑问？直接回复本邮件即可。'
        : `有疑问？直接回复本邮件，或写信至 ${address}。`,
    alert: '您收到本邮件，是因为库存预警会发送到此地址。',
    subscription: '您收到本邮件，是因为有人用此地址登记了该商品的到货通知。',
    unsubscribe: '不再接收该商品的通知',
  },
  kinds: {
    created: () => ({
      subject: '我们已收到您的订单',
      heading: '感谢您的订购',
      paragraphs: ['我们已收到您的订单，并为您预留了商品。', '付款确认后，我们会再次写信给您。'],
    }),
    paid: (order, { money }) => ({
      subject: '您的订单已确认',
      heading: '您的订单已确认',
      paragraphs: paragraphs(
        order.total === 0
          ? '您的订单已确认，无需付款。'
          : isOnlyAuthorized(order)
            ? `您的付款 ${money(order.total, order.currency)} 已获授权，我们会在发货时扣款。`
            : `我们已收到您的付款 ${money(order.total, order.currency)}，谢谢。`,
        order.shipping && '我们正在为您备货，发货后会写信通知您。',
      ),
    }),
    payment_failed: () => ({
      subject: '您的付款未成功',
      heading: '您的付款未成功',
      paragraphs: [`付款未被接受，因此我们无法完成您的订单。${NOT_CHARGED}`, '欢迎您换一张卡重新下单。'],
    }),
    out_of_stock: () => ({
      subject: '您订购的商品已售罄',
      heading: '抱歉，商品刚刚售罄',
      paragraphs: [
        `您订购的一件商品刚刚售罄，因此我们无法完成您的订单。${NOT_CHARGED}`,
        '欢迎您去掉该商品后重新下单。',
      ],
    }),
    expired: () => ({
      subject: '您的订单已过期',
      heading: '您的订单已过期',
      paragraphs: [
        `您的付款未能及时确认，因此我们不再为您预留商品。${NOT_CHARGED}`,
        '如果您仍然需要这些商品，请重新下单。',
      ],
    }),
    rejected: () => ({
      subject: '我们无法接受您的订单',
      heading: '我们无法接受您的订单',
      paragraphs: [`很抱歉，我们无法接受您的订单。${NOT_CHARGED}`],
    }),
    cancelled: ({ payment: { captured, refunded }, currency }, { money }) => ({
      subject: '您的订单已取消',
      heading: '您的订单已取消',
      paragraphs: [
        refunded > 0
          ? `您的订单已取消，我们已退款 ${money(refunded, currency)}。${MONEY_ARRIVES}`
          : captured > 0
            ? '您的订单已取消，您支付的款项正在退回。'
            : `您的订单已取消。${NOT_CHARGED}`,
      ],
    }),
    refunded: ({ refund, currency }, { money }) => ({
      subject: '我们已向您退款',
      heading: '您的退款已发出',
      paragraphs: [`我们已向您退款 ${money(refund.amount, currency)}。${MONEY_ARRIVES}`],
    }),
    shipped: ({ shipment: { completes, replacement } }) => ({
      subject: replacement ? '您的补发包裹已发出' : completes ? '您的订单已发货' : '您的部分订单已发货',
      heading: '您的包裹已发出',
      paragraphs: paragraphs(
        replacement ? '非常抱歉，您的第一个包裹丢失了，我们已为您补发。' : '我们已将您的包裹交给承运商。',
        !completes && '其余商品会在另一个包裹中寄出。',
      ),
    }),
    out_for_delivery: () => ({
      subject: '您的包裹预计今天送达',
      heading: '您的包裹预计今天送达',
      paragraphs: ['您的包裹正在派送，预计今天送达。'],
    }),
    delivered: () => ({
      subject: '您的包裹已送达',
      heading: '您的包裹已送达',
      paragraphs: [
        '承运商已送达您的包裹，希望您喜欢里面的商品。',
        '如有缺少或不妥之处，请回复本邮件，我们会为您处理。',
      ],
    }),
    return_label: ({ return: { labelUrl, exchange } }) => ({
      subject: labelUrl === undefined ? '请将商品寄回给我们' : '您的退货标签',
      heading: labelUrl === undefined ? '我们等待您的退货' : '您的退货标签',
      paragraphs: [
        labelUrl === undefined
          ? '我们已同意您的退货申请，请将商品寄回给我们。'
          : '我们已同意您的退货申请。请打印标签，贴在包裹上，然后把包裹交给承运商。',
        exchange ? '收到并检查包裹后，我们会为您换货。' : '收到并检查包裹后，我们会向您退款。',
      ],
    }),
    return_declined: () => ({
      subject: '我们无法接受您的退货',
      heading: '我们无法接受您的退货',
      paragraphs: ['很抱歉，我们无法接受这些商品的退货。', '如果您有不同意见，请回复本邮件。'],
    }),
    return_received: ({ return: { exchange } }) => ({
      subject: '我们已收到您的退货',
      heading: '我们已收到您的退货',
      paragraphs: [
        '谢谢，我们已收到您的退货。',
        exchange ? '换货商品寄出后，我们会写信通知您。' : '退款发出后，我们会写信通知您。',
      ],
    }),
    low_stock: ({ state, title, location, available }, { number }) =>
      state === 'out'
        ? {
            subject: `已售罄：${title}（${location}）`,
            heading: `${title} 已售罄`,
            paragraphs: [`${location} 的 ${title} 已无可售库存。`],
          }
        : {
            subject: `库存不足：${title}（${location}）`,
            heading: `${title} 库存不足`,
            paragraphs: [`${location} 的 ${title} 还可售 ${number(available)} 件。`],
          },
    back_in_stock: ({ title, unitPrice, currency }, { money }) => ({
      subject: `${title} 到货了`,
      heading: `${title} 到货了`,
      paragraphs: [
        `您曾希望在 ${title} 到货时得到通知。现在可以购买了，价格为 ${money(unitPrice, currency)}。`,
        '我们没有为您预留商品，如有需要请尽快下单。',
      ],
    }),
    back_in_stock_confirm: ({ title }) => ({
      subject: `${title} 到货时通知您吗？`,
      heading: '请确认您的邮箱地址',
      paragraphs: [
        `有人（很可能是您）希望在 ${title} 到货时，我们写信到此地址。如果是您，请确认。`,
        '如果不是您，请忽略本邮件，我们不会再写信。',
      ],
    }),
  },
};
