namespace MultiTurnTrainer.Audit.Trainers.Trl;

/// <summary>
/// TRL swaps a template that it knows, by its exact text, for a copy of its own with generation blocks. What the copy prints and
/// marks is said here by the difference to the model's own template: the marked text is everything that is printed for an answer
/// behind a header, and two copies print something else.
/// </summary>
internal sealed class TrainingTemplate
{
    private static readonly Known[] _known =
    [
        new("qwen2_5", "cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f", "<|im_start|>assistant"),
        new("qwen3", "a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", "<|im_start|>assistant\n")
        {
            // Every answer gets a think block, an empty one where it has no reasoning.
            Edits =
            [
                ("loop.index0 > ns.last_query_index", "true"),
                ("loop.last or (not loop.last and reasoning_content)", "true"),
            ],
        },
        new(
            "qwen3_instruct_2507",
            "64f85b198065d0fba2a81f37e10ed68161ce2c19a754c7100e67e0ca2ee9c326",
            "<|im_start|>assistant\n"
        ),
        new(
            "llama3",
            "ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122",
            "<|start_header_id|>assistant<|end_header_id|>\n\n"
        ),
        new("gemma", "ecd6ae513fe103f0eb62e8ab5bfa8d0fe45c1074fa398b089c93a7e70c15cfd6", "<start_of_turn>model\n"),
        new("gemma3", "7de1c58e208eda46e9c7f86397df37ec49883aeece39fb961e0a6b24088dd3c4", "<start_of_turn>model\n"),
        new("phi3", "dcaee66df77bfbb789ec541fe713218da30225a526f1db97138fc39ee6dc56aa", "<|assistant|>\n")
        {
            MarksTail = true,
        },
        new("phi3_5", "78d976a442bcde2f0be15aafbb8e3050e1104f86732266f68403251b89982a90", "<|assistant|>\n")
        {
            MarksTail = true,
        },
        new("deepseekv3", "563b1ce7d61d50a9b4c7439a912a1116f095b712df5b5e4d3e1116049874eb64", "")
        {
            Edits = [("tool['function']['arguments'] +", "tool['function']['arguments'] | tojson +")],
        },
        new("gptoss", "a4c9919cbbd4acdd51ccffe22da049264b1b73e59055fa58811a99efbd7c8146", ""),
    ];

    private readonly Known _copy;

    private TrainingTemplate(Known copy, ChatTemplate template)
    {
        _copy = copy;
        Template = template;
    }

    /// <summary>A template that prints what the copy prints.</summary>
    public ChatTemplate Template { get; }

    /// <summary>The copy for a template; null where TRL has none.</summary>
    public static TrainingTemplate? For(ChatTemplate template)
    {
        string hash = ContentHash.Of(Encoding.UTF8.GetBytes(template.Source));
        if (Array.Find(_known, known => known.Sha256 == hash) is not { } copy)
        {
            return null;
        }

        string source = copy.Edits.Aggregate(
            template.Source,
            (text, edit) => text.Replace(edit.Old, edit.New, StringComparison.Ordinal)
        );
        return new TrainingTemplate(copy, copy.Edits.Length == 0 ? template : ChatTemplate.Parse(source));
    }

    /// <summary>The characters that the copy marks, block by block.</summary>
    public IEnumerable<(int Start, int End)> Blocks(RenderedText rendered, IReadOnlyList<JsonFields> messages)
    {
        (int Start, int End)[] printed = new (int Start, int End)[messages.Count];
        Array.Fill(printed, (int.MaxValue, 0));
        foreach (RenderedSpan span in rendered.Spans)
        {
            if (
                span.Context >= 0
                && span.Context < printed.Length
                && span.End > span.Start
                && (span.Traits & SpanTraits.OutsideLoop) == 0
            )
            {
                (int start, int end) = printed[span.Context];
                printed[span.Context] = (Math.Min(start, span.Start), Math.Max(end, span.End));
            }
        }

        for (int i = 0; i < printed.Length; i++)
        {
            (int start, int end) = printed[i];
            if (start < end && messages[i].Text("role") == "assistant")
            {
                int header = rendered.Text.IndexOf(_copy.Header, start, end - start, StringComparison.Ordinal);
                start = header < 0 ? start : header + _copy.Header.Length;
                yield return (start, end);
            }
        }

        int tail = printed.Length == 0 ? 0 : printed.Max(block => block.End);
        if (_copy.MarksTail && tail < rendered.Text.Length && messages[^1].Text("role") == "assistant")
        {
            yield return (tail, rendered.Text.Length);
        }
    }

    private sealed record Known(string Name, string Sha256, string Header)
    {
        public (string Old, string New)[] Edits { get; init; } = [];

        public bool MarksTail { get; init; }
    }
}
