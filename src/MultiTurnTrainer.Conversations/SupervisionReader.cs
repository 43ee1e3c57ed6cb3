namespace MultiTurnTrainer.Conversations;

/// <summary>
/// The one reader of weights and flags. Every key of <see cref="Keys"/> means the same on a row, a message, a part of its
/// content and a range of <c>training_detail</c>: a number from 0 to 1, or whether to learn it at all. A row that has
/// none costs no allocation.
/// </summary>
internal static class SupervisionReader
{
    private const string WeightHint = "Use 0 to leave the text out of the loss, 1 to learn it, or a number between.";
    private const string ScaleHint = "The largest weight is 1: scale the others down, only their ratio matters.";

    /// <summary>The keys that say how much their owner counts.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    ["weight", "loss_weight", "loss", "loss_mask", "train", "training", "train_on_turn"];

    /// <summary>Whether a name is one of <see cref="Keys"/>.</summary>
    public static bool IsKey(ReadOnlySpan<byte> name) =>
        name.Length switch
        {
            4 => name.SequenceEqual("loss"u8),
            5 => name.SequenceEqual("train"u8),
            6 => name.SequenceEqual("weight"u8),
            8 => name.SequenceEqual("training"u8),
            9 => name.SequenceEqual("loss_mask"u8),
            11 => name.SequenceEqual("loss_weight"u8),
            13 => name.SequenceEqual("train_on_turn"u8),
            _ => false,
        };

    /// <summary>Whether a key of a row is a weight; a text under <c>train</c> names a split and is metadata.</summary>
    public static bool IsRowKey(JsonTape row, int name) =>
        IsKey(row.Raw(name))
        && (row[name + 1].Kind != JsonKind.String || row.Is(name, "weight"u8) || row.Is(name, "loss_weight"u8));

    /// <summary>The first key by which an object says how much it counts; −1 when it does not.</summary>
    public static int Find(JsonTape row, int owner)
    {
        for (int at = owner + 1; row[owner].Kind == JsonKind.Object && at < row[owner].Next; at = row[at + 1].Next)
        {
            if (IsKey(row.Raw(at)) && row[at + 1].Kind != JsonKind.Null)
            {
                return at + 1;
            }
        }

        return -1;
    }

    /// <summary>Reads a canonical row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="messages">Its list of messages; −1 for none.</param>
    /// <param name="problems">Grows by what is no weight.</param>
    public static Supervision Read(JsonTape row, int messages, List<RowProblem> problems)
    {
        if (messages < 0 || row[messages].Kind != JsonKind.Array)
        {
            return Supervision.Full;
        }

        float whole = WeightOf(row, 0, problems);
        float[]? weights = null;
        ContentWeights?[]? contents = null;
        int index = 0;
        for (int at = messages + 1; at < row[messages].Next; at = row[at].Next, index++)
        {
            float weight = whole * WeightOf(row, at, problems);
            ContentWeights? content = InContent(row, at, problems);
            if (weights is null && (weight != 1 || content is not null))
            {
                weights = new float[row.Length(messages)];
                contents = new ContentWeights?[weights.Length];
                Array.Fill(weights, 1);
            }

            if (weights is not null)
            {
                (weights[index], contents![index]) = (weight, content);
            }
        }

        return weights is null ? Supervision.Full : new Supervision(weights, contents!);
    }

    /// <summary>The weight of a row (token 0), message, part or range; keys that contradict each other are a problem.</summary>
    public static float WeightOf(JsonTape row, int owner, List<RowProblem> problems)
    {
        float? number = null;
        bool? flag = null;
        for (int at = owner + 1; row[owner].Kind == JsonKind.Object && at < row[owner].Next; at = row[at + 1].Next)
        {
            int value = at + 1;
            if (!(owner == 0 ? IsRowKey(row, at) : IsKey(row.Raw(at))) || row[value].Kind == JsonKind.Null)
            {
                continue;
            }

            float? read = Number(row, value, problems);
            bool isFlag = row[value].Kind is JsonKind.True or JsonKind.False;
            bool agrees =
                read is null
                || (
                    (flag is null || flag == read > 0)
                    && (number is null || (isFlag ? number > 0 == read > 0 : number == read))
                );
            if (!agrees)
            {
                problems.Add(
                    new RowProblem(
                        value,
                        $"is {Shown.Text(row, value)}, but another key beside it says otherwise",
                        "Keep one of them."
                    )
                );
            }

            number = isFlag ? number : read ?? number;
            flag = isFlag ? read > 0 : flag;
        }

        return number ?? (flag == false ? 0 : 1);
    }

    /// <summary>A weight from 0 to 1; null, with a problem, for anything else.</summary>
    private static float? Number(JsonTape row, int value, List<RowProblem> problems)
    {
        switch (row[value].Kind)
        {
            case JsonKind.True:
                return 1;
            case JsonKind.False:
                return 0;
            case JsonKind.Number when Utf8Parser.TryParse(row.Raw(value), out double number, out _):
                if (number is >= 0 and <= 1)
                {
                    return (float)number;
                }

                problems.Add(
                    new RowProblem(
                        value,
                        $"is {Shown.Text(row, value)}; a weight is a number from 0 to 1",
                        number > 1 && double.IsFinite(number) ? ScaleHint : WeightHint
                    )
                );
                return null;
            default:
                problems.Add(
                    new RowProblem(value, $"is {Shown.Kind(row, value)}; a weight is a number from 0 to 1", WeightHint)
                );
                return null;
        }
    }

    private static ContentWeights? InContent(JsonTape row, int message, List<RowProblem> problems)
    {
        int content = -1;
        int detail = -1;
        int calls = -1;
        for (
            int at = message + 1;
            row[message].Kind == JsonKind.Object && at < row[message].Next;
            at = row[at + 1].Next
        )
        {
            ReadOnlySpan<byte> name = row.Raw(at);
            content = name.Length == 7 && name.SequenceEqual("content"u8) ? at + 1 : content;
            calls = name.Length == 10 && name.SequenceEqual("tool_calls"u8) ? at + 1 : calls;
            detail = name.Length == 15 && name.SequenceEqual("training_detail"u8) ? at + 1 : detail;
        }

        if (calls >= 0 && row[calls].Kind == JsonKind.Array)
        {
            CheckCalls(row, calls, problems);
        }

        float[] parts = content >= 0 && row[content].Kind == JsonKind.Array ? Parts(row, content, problems) : [];
        IReadOnlyList<WeightedRange> ranges =
            detail >= 0 && row[detail].Kind != JsonKind.Null ? Ranges(row, content, detail, problems) : [];
        return parts.Length == 0 && ranges.Count == 0 ? null : new ContentWeights(parts, ranges);
    }

    /// <summary>Calls count with their message: a weight of one alone has no place.</summary>
    private static void CheckCalls(JsonTape row, int calls, List<RowProblem> problems)
    {
        for (int call = calls + 1; call < row[calls].Next; call = row[call].Next)
        {
            int function = row.Find(call, "function"u8);
            foreach (int owner in (ReadOnlySpan<int>)[call, function])
            {
                if (owner >= 0 && Find(row, owner) is >= 0 and int weight && WeightOf(row, owner, problems) != 1)
                {
                    problems.Add(
                        new RowProblem(
                            weight,
                            "is of one call; calls count with their message",
                            "Put it on the message."
                        )
                    );
                }
            }
        }
    }

    private static float[] Parts(JsonTape row, int content, List<RowProblem> problems)
    {
        float[]? parts = null;
        int index = 0;
        for (int part = content + 1; part < row[content].Next; part = row[part].Next, index++)
        {
            if (Find(row, part) >= 0)
            {
                if (parts is null)
                {
                    parts = new float[row.Length(content)];
                    Array.Fill(parts, 1);
                }

                parts[index] = WeightOf(row, part, problems);
            }
        }

        return parts ?? [];
    }

    private static List<WeightedRange> Ranges(JsonTape row, int content, int detail, List<RowProblem> problems)
    {
        List<WeightedRange> ranges = [];
        if (row[detail].Kind != JsonKind.Array || content < 0 || row[content].Kind != JsonKind.String)
        {
            problems.Add(
                new RowProblem(
                    detail,
                    "needs to be a list of ranges of a content that is one text",
                    "Write {\"begin_offset\", \"end_offset\", \"train\"} for each range, or weights on the content's parts."
                )
            );
            return ranges;
        }

        int length = row.String(content).EnumerateRunes().Count();
        for (int range = detail + 1; range < row[detail].Next; range = row[range].Next)
        {
            int begin = Offset(row, range, "begin_offset"u8);
            int end = Offset(row, range, "end_offset"u8);
            if (begin < 0 || end < begin || end >= length)
            {
                problems.Add(
                    new RowProblem(
                        range,
                        Invariant(
                            $"needs begin_offset and end_offset, both inclusive, within the {length} characters of the content"
                        ),
                        "Count Unicode characters from 0."
                    )
                );
            }
            else
            {
                ranges.Add(new WeightedRange(begin, end + 1, WeightOf(row, range, problems)));
            }
        }

        return ranges;
    }

    private static int Offset(JsonTape row, int range, ReadOnlySpan<byte> name) =>
        row.Find(range, name) is >= 0 and int value
        && row[value].Kind == JsonKind.Number
        && Utf8Parser.TryParse(row.Raw(value), out int offset, out int used)
        && used == row[value].Length
            ? offset
            : -1;
}
