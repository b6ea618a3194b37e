//! Tables the invented people are put together from. Nobody here exists.

/// Surnames; the common ones are several times. Several of them are read differently as a
/// surname than elsewhere (单 曾 解 仇 区 覃 朴 查 任 尉迟), which search must know.
pub(super) const SURNAMES: &[&str] = &[
    "王", "王", "王", "李", "李", "李", "张", "张", "张", "刘", "刘", "陈", "陈", "陈", "杨", "杨",
    "黄", "黄", "赵", "吴", "周", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "何", "林", "罗",
    "罗", "高", "郑", "梁", "谢", "宋", "唐", "唐", "冉", "冉", "谭", "谭", "向", "秦", "邓", "邓",
    "冯", "彭", "蒋", "蒋", "田", "田", "余", "潘", "杜", "戴", "夏", "钟", "汪", "廖", "廖", "石",
    "单", "曾", "解", "仇", "区", "覃", "朴", "查", "任", "欧阳", "尉迟", "上官", "诸葛",
];

/// Given names of men.
pub(super) const MEN: &[&str] = &[
    "伟", "强", "勇", "军", "磊", "洋", "涛", "杰", "斌", "超", "建国", "建华", "志强", "志明",
    "文斌", "光荣", "德明", "永福", "长江", "渝生", "国庆", "小兵", "大勇", "海波", "家豪", "俊杰",
    "浩然", "子轩", "宇航", "明亮", "学文", "世忠", "正华", "春林", "树生", "和平", "启明", "云飞",
];

/// Given names of women.
pub(super) const WOMEN: &[&str] = &[
    "芳", "敏", "静", "丽", "艳", "娟", "霞", "秀英", "桂芳", "桂兰", "玉梅", "玉兰", "晓红",
    "晓燕", "小莉", "春梅", "秋菊", "冬梅", "雪梅", "红梅", "淑华", "淑珍", "素芬", "素琴", "雅婷",
    "欣怡", "梓涵", "思雨", "佳琪", "诗涵", "月娥", "永碧", "光碧", "朝霞", "乐", "洁", "静雯",
    "语桐",
];

/// Streets and roads; house numbers are added.
pub(super) const STREETS: &[&str] = &[
    "鱼洞街道江州路",
    "鱼洞街道新市街",
    "鱼洞街道巴县大道",
    "鱼洞街道滨江路",
    "龙洲湾街道龙德路",
    "龙洲湾街道渝南大道",
    "李家沱街道马王坪正街",
    "李家沱街道陈家湾",
    "花溪街道红光大道",
    "南泉街道新路口",
    "一品街道桥口坝",
    "界石镇石桂大道",
    "南彭街道环南路",
    "惠民街道胜天路",
];

/// Units, none of which exists, with nature, state and industry by the codes of the lists.
pub(super) const UNITS: &[(&str, &str, &str, &str)] = &[
    ("重庆江桥示例机械厂", "state_enterprise", "half_stopped", "15"),
    ("重庆木洞示例纺织有限公司", "private", "restructured", "12"),
    ("重庆花溪示例摩托车配件有限公司", "private", "normal", "15"),
    ("重庆南泉示例化工厂", "state_enterprise", "stopped", "17"),
    ("重庆巴滨示例物业服务有限公司", "private", "normal", "3"),
    ("重庆龙洲示例商贸有限公司", "private", "normal", "21"),
    ("重庆鱼洞示例环卫所", "state_organ", "normal", "19"),
    ("重庆一品示例电子有限公司", "private", "normal", "16"),
    ("重庆界石示例快递服务部", "private", "normal", "3"),
    ("重庆东温示例餐饮配送站", "private", "normal", "3"),
    ("重庆天星示例煤矿", "state_enterprise", "bankrupt", "14"),
    ("重庆南彭示例建筑劳务有限公司", "private", "normal", "19"),
];

/// What home visits find.
pub(super) const FINDINGS: &[&str] = &[
    "住房陈旧，家具简单，无贵重物品；邻居反映情况与申报一致。",
    "户主在家，配偶外出打零工；药费票据齐全，子女在校。",
    "租住两室一厅，月租 600 元；家中有长期病人，药盒与诊断书相符。",
    "户主在外送餐，由其母接待；家庭成员与户口簿一致。",
    "住房为单位公房，水电费单近三个月平均 90 元；社区网格员一同到场。",
];

/// Why somebody looked at a number in full.
pub(super) const REVEALS: &[&str] =
    &["核对银行卡", "电话通知补正材料", "与身份证原件比对", "填写核对授权书", "上报区总工会系统"];
