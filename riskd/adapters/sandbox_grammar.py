"""What a policy's SQL may be made of. Everything that is not listed here is refused."""

from __future__ import annotations

# Adding up, comparing and picking out. None of them reads a clock, a file, a setting or a random number, gives another
# answer when rows come in another order, or makes a large value of a small one. None can tell NaN from a number, so that
# what is unknown stays unknown.
OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "^", "**", "||", "~~", "!~~", "~~*", "!~~*"})
SCALARS = frozenset(
    {
        *(
            "abs",
            "ceil",
            "ceiling",
            "exp",
            "floor",
            "greatest",
            "least",
            "ln",
            "log",
            "log10",
            "log2",
            "mod",
            "nullif",
        ),
        *("pow", "power", "round", "sign", "sqrt", "trunc"),
        *("concat", "contains", "ends_with", "left", "length", "lower", "ltrim", "prefix", "right", "rtrim"),
        *("split_part", "starts_with", "substr", "substring", "suffix", "trim", "upper"),
    }
)
AGGREGATES = frozenset(
    {
        *(
            "avg",
            "bool_and",
            "bool_or",
            "corr",
            "count",
            "count_if",
            "count_star",
            "covar_pop",
            "covar_samp",
            "max",
        ),
        *(
            "mean",
            "median",
            "min",
            "quantile_cont",
            "quantile_disc",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "sum",
        ),
        *("var_pop", "var_samp", "variance"),
    }
)
FUNCTIONS = OPERATORS | SCALARS | AGGREGATES

# These depend on the order of rows, and so need one.
ORDERED_WINDOWS = frozenset(
    {
        *("WINDOW_ROW_NUMBER", "WINDOW_RANK", "WINDOW_RANK_DENSE", "WINDOW_PERCENT_RANK", "WINDOW_CUME_DIST"),
        *("WINDOW_LAG", "WINDOW_LEAD", "WINDOW_FIRST_VALUE", "WINDOW_LAST_VALUE"),
    }
)

# What a bare word can mean when it is no column: these are functions without parentheses.
WORDS_THAT_ARE_CALLS = frozenset(
    {
        *(
            "current_catalog",
            "current_database",
            "current_date",
            "current_role",
            "current_schema",
            "current_time",
        ),
        *("current_timestamp", "current_user", "localtime", "localtimestamp", "session_user", "user"),
    }
)

TYPES = frozenset(
    {
        *(
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "FLOAT",
            "DOUBLE",
            "DECIMAL",
            "VARCHAR",
        ),
        "NULL",
    }
)

OPERATOR_EXPRESSIONS = frozenset(
    {
        *("COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_COALESCE", "OPERATOR_IS_NOT_NULL", "OPERATOR_IS_NULL"),
        "OPERATOR_NOT",
    }
)

JOINS = frozenset({"REGULAR", "CROSS"})

# The fields of each kind of node that are looked at. A field that is not listed must be empty: a later DuckDB may give
# old words new meanings, and what nobody has looked at is not let through.
_EXPRESSION = frozenset({"class", "type", "alias", "query_location"})
FIELDS: dict[str, frozenset[str]] = {
    "COLUMN_REF": _EXPRESSION | {"column_names"},
    "CONSTANT": _EXPRESSION | {"value"},
    "COMPARISON": _EXPRESSION | {"left", "right"},
    "CONJUNCTION": _EXPRESSION | {"children"},
    "OPERATOR": _EXPRESSION | {"children"},
    "BETWEEN": _EXPRESSION | {"input", "lower", "upper"},
    "CASE": _EXPRESSION | {"case_checks", "else_expr"},
    "CAST": _EXPRESSION | {"child", "cast_type", "try_cast"},
    "STAR": _EXPRESSION | {"relation_name", "exclude_list"},
    "SUBQUERY": _EXPRESSION | {"subquery_type", "subquery", "child", "comparison_type"},
    "FUNCTION": _EXPRESSION | {"function_name", "children", "filter", "order_bys", "distinct", "is_operator"},
    "WINDOW": _EXPRESSION
    | {"function_name", "children", "partitions", "orders", "start", "end", "start_expr", "end_expr"}
    | {"offset_expr", "default_expr", "filter_expr", "exclude_clause", "distinct"},
    "SELECT_NODE": frozenset(
        {"type", "modifiers", "cte_map", "select_list", "from_table", "where_clause", "group_expressions"}
        | {"group_sets", "aggregate_handling", "having", "qualify"}
    ),
    "SET_OPERATION_NODE": frozenset(
        {"type", "modifiers", "cte_map", "setop_type", "setop_all", "left", "right", "children"}
    ),
    "BASE_TABLE": frozenset(
        {"type", "alias", "query_location", "schema_name", "table_name", "column_name_alias"}
    ),
    "JOIN": frozenset(
        {
            "type",
            "alias",
            "query_location",
            "left",
            "right",
            "condition",
            "join_type",
            "ref_type",
            "using_columns",
        }
    ),
    "SUBQUERY_REF": frozenset({"type", "alias", "query_location", "subquery", "column_name_alias"}),
    "EXPRESSION_LIST": frozenset(
        {"type", "alias", "query_location", "values", "expected_names", "expected_types", "column_name_alias"}
    ),
    "EMPTY": frozenset({"type", "alias", "query_location"}),
}
