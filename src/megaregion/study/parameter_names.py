"""What parameters and settings of measures are called in Chinese; in English they are called what they are."""

from __future__ import annotations

from typing import Any

NAMES_ZH = {
    "year": "年份",
    "date": "日期",
    "window": "出发时段",
    "max_rides": "最多乘车次数",
    "percentile": "分位",
    "origins": "起讫点",
    "walks": "步行",
    "ground": "步行与接驳",
    "typical_departures": "典型发车时刻",
    "statistic": "统计量",
    "by": "计时方式",
    "hub": "中心城市",
    "hours": "时间阈值（小时）",
    "minutes": "时间阈值（分钟）",
    "cities": "城市数",
    "gdp_year": "生产总值年份",
    "population_year": "人口年份",
    "census": "普查年份",
    "vintage": "数据版次",
    "area": "比较对象",
    "of": "所属对象",
    "links": "联络线",
    "until": "计入到",
    "near_km": "所问里程（公里）",
    "within": "相对偏差",
    "without_length": "长度未知的线路",
    "origin": "起点",
    "destination": "终点",
    "number": "车次",
    "first": "始发站",
    "last": "终到站",
    "indicator": "指标",
    "unit": "单位",
    "time": "计时方式",
    "base": "基期",
    "weights": "权重",
    "mean": "合成方法",
    "normalisation": "标准化",
    "variant": "变体",
    "thresholds": "分级",
    "cities_with_income": "有收入数据的城市数",
    "figures": "分指标",
    "seed": "随机种子",
    "draws": "抽样次数",
    "null": "零模型",
    "least_p": "可能的最小 p 值",
    "firms": "企业数",
    "listed": "所列企业",
    "pareto": "帕累托指数",
    "pareto_se": "帕累托指数标准误",
    "since": "对比年份",
    "wages": "工资",
    "jobs": "就业",
    "road": "公路速度",
    "road_kmh": "公路速度（公里/小时）",
    "jobs_assumed": "以人口代替就业",
    "wages_assumed": "以产出代替工资",
    "lowest": "下限",
    "highest": "上限",
    "central": "取弹性中位数时",
    "unique": "均衡唯一的抽样占比",
    "converged": "求解成功的抽样占比",
    "extrapolating": "外推的城市对",
    "slow_road": "公路较慢时",
    "fast_road": "公路较快时",
    "part": "所述区域",
    "total": "整体",
    "of_unit": "数据单位",
    "cities_in_both": "两年均有数据的城市数",
    "cities_left_out": "未计入的城市数",
    "pairs": "城市对数",
    "complementary": "互补的城市对",
    "alike": "相似的城市对",
    "as_chance": "与随机相当的城市对",
    "from_shares": "由占比推算的城市",
    "fixed_point": "不动点",
    "mass": "市场规模",
    "mass_year": "市场规模年份",
    "own": "本市",
    "theta": "衰减指数 theta",
    "neighbours": "邻居数",
    "constraint": "约束",
    "deterrence": "阻抗函数",
    "cost": "成本",
    "errors": "标准误",
    "flows": "流量",
    "flows_year": "流量年份",
    "whole": "整体",
}
"""Names of parameters, settings and further columns of a result with one value."""


VALUES_ZH = {
    "none": "无",
    "doubly": "双约束",
    "production": "起点约束",
    "attraction": "终点约束",
    "unconstrained": "无约束",
    "power": "幂函数",
    "exponential": "指数函数",
    "distance": "距离",
    "time": "时间",
    "trains": "列车",
    "clustered by origin and destination": "按起点与终点聚类",
    "permutation": "随机置换",
    "degree": "保持规模的随机网络",
    "gdp": "生产总值",
    "population_census": "普查人口",
    "with": "含",
    "without": "不含",
    "standard": "标准",
    "equal": "等权",
    "geometric": "几何平均",
    "arithmetic": "算术平均",
    "output": "产出",
    "people": "人口",
}
"""What choices are called in Chinese."""


def value_zh(value: Any) -> Any:
    """
    Name a choice in Chinese; any other value stays.

    Examples
    --------
    >>> value_zh("doubly"), value_zh(2019)
    ('双约束', 2019)
    """
    return VALUES_ZH.get(value, value) if isinstance(value, str) else value


def name_zh(name: str) -> str:
    """
    Name a parameter or setting in Chinese; one that has no name keeps its key.

    Examples
    --------
    >>> name_zh("hours"), name_zh("walks_zh"), name_zh("colour")
    ('时间阈值（小时）', '步行', 'colour')
    """
    return NAMES_ZH.get(name.removesuffix("_zh"), name)
