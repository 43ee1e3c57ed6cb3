namespace MultiTurnTrainer.Validation.Rules;

/// <summary>
/// Checks a value against the part of JSON Schema that tool declarations use: <c>type</c> (also a list, and Python's
/// names), <c>properties</c>, <c>required</c>, <c>additionalProperties: false</c>, <c>items</c>, <c>enum</c>,
/// <c>const</c>, bounds of numbers, texts and lists, <c>anyOf</c>, <c>oneOf</c>, <c>allOf</c>, <c>nullable</c> and local <c>$ref</c>.
/// Keywords it does not know are no constraint.
/// </summary>
internal static class SchemaCheck
{
    private const int MaxDepth = 32;

    /// <summary>Most schemas and enum members that are looked at for one value: a schema that refers to itself ten times ends too.</summary>
    private const int MaxSteps = 100_000;

    /// <summary>The first problem, with its place inside the value; null when there is none.</summary>
    public static string? Problem(JsonTape schemas, int schema, JsonTape values, int value) =>
        new Checker(schemas, schema, values).Check(schema, value, "", 0);

    private sealed class Checker(JsonTape schemas, int root, JsonTape values)
    {
        private int _steps;

        public string? Check(int schema, int value, string path, int depth)
        {
            if (depth > MaxDepth || ++_steps > MaxSteps || schemas[schema].Kind != JsonKind.Object)
            {
                return schemas[schema].Kind == JsonKind.False ? $"{At(path)}is not allowed" : null;
            }

            if (Find(schema, "$ref"u8) is >= 0 and int reference)
            {
                int target = Resolve(reference);
                return target < 0 ? null : Check(target, value, path, depth + 1);
            }

            return Type(schema, value, path)
                ?? Enumeration(schema, value, path)
                ?? Bounds(schema, value, path)
                ?? Properties(schema, value, path, depth)
                ?? Items(schema, value, path, depth)
                ?? Combined(schema, value, path, depth);
        }

        private int Find(int schema, ReadOnlySpan<byte> name)
        {
            int found = schemas.Find(schema, name);
            return found >= 0 && schemas[found].Kind == JsonKind.Null ? -1 : found;
        }

        private string? Type(int schema, int value, string path)
        {
            int type = Find(schema, "type"u8);
            if (type < 0)
            {
                return null;
            }

            bool nullable = Find(schema, "nullable"u8) is >= 0 and int flag && schemas[flag].Kind == JsonKind.True;
            if (nullable && values[value].Kind == JsonKind.Null)
            {
                return null;
            }

            if (schemas[type].Kind == JsonKind.String)
            {
                string name = schemas.String(type);
                return Fits(name, value) ? null : $"{At(path)}is {Shown.Kind(values, value)}, {name} is declared";
            }

            List<string> names = [];
            for (
                int at = type + 1;
                schemas[type].Kind == JsonKind.Array && at < schemas[type].Next;
                at = schemas[at].Next
            )
            {
                names.Add(schemas[at].Kind == JsonKind.String ? schemas.String(at) : "any");
            }

            return names.Count == 0 || names.Exists(name => Fits(name, value))
                ? null
                : $"{At(path)}is {Shown.Kind(values, value)}, {string.Join(" or ", names)} is declared";
        }

        private bool Fits(string name, int value) =>
            values[value].Kind switch
            {
                JsonKind.Object => name is "object" or "dict" or "any",
                JsonKind.Array => name is "array" or "list" or "tuple" or "any",
                JsonKind.Null => name is "null" or "any",
                JsonKind.True or JsonKind.False => name is "boolean" or "bool" or "any",
                JsonKind.Number => name is "number" or "float" or "any"
                    || (name is "integer" or "int" && IsInteger(values.Raw(value))),
                _ => name is "string" or "str" or "any",
            }
            || name
                is not (
                    "object"
                    or "dict"
                    or "array"
                    or "list"
                    or "tuple"
                    or "null"
                    or "boolean"
                    or "bool"
                    or "number"
                    or "float"
                    or "integer"
                    or "int"
                    or "string"
                    or "str"
                );

        private static bool IsInteger(ReadOnlySpan<byte> number) =>
            number.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0
            || (Utf8Parser.TryParse(number, out double value, out _) && value == Math.Floor(value));

        private string? Enumeration(int schema, int value, string path)
        {
            if (Find(schema, "const"u8) is >= 0 and int constant && !Same(constant, value))
            {
                return $"{At(path)}is {Shown.Text(values, value)}, {Shown.Text(schemas, constant)} is declared";
            }

            int list = Find(schema, "enum"u8);
            if (list < 0 || schemas[list].Kind != JsonKind.Array)
            {
                return null;
            }

            for (int at = list + 1; at < schemas[list].Next; at = schemas[at].Next)
            {
                if (++_steps > MaxSteps || Same(at, value))
                {
                    return null;
                }
            }

            return $"{At(path)}is {Shown.Text(values, value)}, which is not in the declared enum";
        }

        private bool Same(int expected, int value)
        {
            JsonKind kind = schemas[expected].Kind;
            if (kind != values[value].Kind)
            {
                return false;
            }

            return kind switch
            {
                JsonKind.String => ((schemas[expected].Flags | values[value].Flags) & JsonFlags.Escaped) == 0
                    ? schemas.Raw(expected).SequenceEqual(values.Raw(value))
                    : schemas.String(expected) == values.String(value),
                JsonKind.Number => Utf8Parser.TryParse(schemas.Raw(expected), out double one, out _)
                    && Utf8Parser.TryParse(values.Raw(value), out double other, out _)
                    && one == other,
                JsonKind.Object or JsonKind.Array => schemas.Raw(expected).SequenceEqual(values.Raw(value)),
                _ => true,
            };
        }

        private string? Bounds(int schema, int value, string path)
        {
            if (
                values[value].Kind == JsonKind.Number
                && Utf8Parser.TryParse(values.Raw(value), out double number, out _)
            )
            {
                return Below(schema, "minimum"u8, number, path, "below the minimum")
                    ?? Below(schema, "maximum"u8, -number, path, "above the maximum", negate: true);
            }

            if (values[value].Kind == JsonKind.String)
            {
                int length = values.String(value).EnumerateRunes().Count();
                return Below(schema, "minLength"u8, length, path, "shorter than")
                    ?? Below(schema, "maxLength"u8, -length, path, "longer than", negate: true);
            }

            if (values[value].Kind == JsonKind.Array)
            {
                int count = values.Length(value);
                return Below(schema, "minItems"u8, count, path, "shorter than")
                    ?? Below(schema, "maxItems"u8, -count, path, "longer than", negate: true);
            }

            return null;
        }

        private string? Below(
            int schema,
            ReadOnlySpan<byte> keyword,
            double value,
            string path,
            string what,
            bool negate = false
        )
        {
            int bound = Find(schema, keyword);
            return
                bound >= 0
                && schemas[bound].Kind == JsonKind.Number
                && Utf8Parser.TryParse(schemas.Raw(bound), out double limit, out _)
                && value < (negate ? -limit : limit)
                ? $"{At(path)}is {what} {Shown.Text(schemas, bound)}"
                : null;
        }

        private string? Properties(int schema, int value, string path, int depth)
        {
            if (values[value].Kind != JsonKind.Object)
            {
                return null;
            }

            int required = Find(schema, "required"u8);
            for (int at = required + 1; required >= 0 && at < schemas[required].Next; at = schemas[at].Next)
            {
                if (schemas[at].Kind == JsonKind.String && ByName(values, value, schemas.String(at)) < 0)
                {
                    return $"{At(path)}lacks the required {Shown.Text(schemas, at)}";
                }
            }

            int properties = Find(schema, "properties"u8);
            bool closed =
                Find(schema, "additionalProperties"u8) is >= 0 and int more && schemas[more].Kind == JsonKind.False;
            for (int at = value + 1; at < values[value].Next; at = values[at + 1].Next)
            {
                string name = values.String(at);
                int declared = properties >= 0 ? ByName(schemas, properties, name) : -1;
                string inner = path.Length == 0 ? Shown.Text(name) : $"{path}.{Shown.Text(name)}";
                if (declared < 0 && closed)
                {
                    return $"{At(inner)}is not a declared parameter";
                }

                if (declared >= 0 && Check(declared, at + 1, inner, depth + 1) is { } problem)
                {
                    return problem;
                }
            }

            return null;
        }

        private string? Items(int schema, int value, string path, int depth)
        {
            int items = Find(schema, "items"u8);
            int index = 0;
            for (
                int at = value + 1;
                items >= 0 && values[value].Kind == JsonKind.Array && at < values[value].Next;
                at = values[at].Next
            )
            {
                string inner = $"{path}[{index++.ToString(System.Globalization.CultureInfo.InvariantCulture)}]";
                if (Check(items, at, inner, depth + 1) is { } problem)
                {
                    return problem;
                }
            }

            return null;
        }

        private string? Combined(int schema, int value, string path, int depth)
        {
            int all = Find(schema, "allOf"u8);
            for (int at = all + 1; all >= 0 && at < schemas[all].Next; at = schemas[at].Next)
            {
                if (Check(at, value, path, depth + 1) is { } problem)
                {
                    return problem;
                }
            }

            return Any(Find(schema, "anyOf"u8), value, path, depth) ?? Any(Find(schema, "oneOf"u8), value, path, depth);
        }

        private string? Any(int choices, int value, string path, int depth)
        {
            string? first = null;
            for (int at = choices + 1; choices >= 0 && at < schemas[choices].Next; at = schemas[at].Next)
            {
                string? problem = Check(at, value, path, depth + 1);
                if (problem is null)
                {
                    return null;
                }

                first ??= problem;
            }

            return first is null ? null : $"{At(path)}fits none of the declared alternatives ({first})";
        }

        private int Resolve(int reference)
        {
            string text = schemas[reference].Kind == JsonKind.String ? schemas.String(reference) : "";
            if (!text.StartsWith("#/", StringComparison.Ordinal))
            {
                return text == "#" ? root : -1;
            }

            int at = root;
            foreach (string name in text[2..].Split('/'))
            {
                at = at < 0 ? -1 : ByName(schemas, at, name);
            }

            return at;
        }

        private static int ByName(JsonTape tape, int container, string name) =>
            tape.Find(container, System.Text.Encoding.UTF8.GetBytes(name));

        private static string At(string path) => path.Length == 0 ? "the object " : $"{path} ";
    }
}
