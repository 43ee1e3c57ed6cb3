namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>A place in a template: a sequence (0 or 1), or special tokens.</summary>
/// <param name="Sequence">The sequence's number, or −1.</param>
/// <param name="Missing">A special token that the file does not describe, or null.</param>
/// <param name="Ids">The special tokens' ids.</param>
/// <param name="Blanks">The blanks of the special tokens' texts.</param>
/// <param name="TypeId">The type id that its tokens get.</param>
internal sealed record TemplatePart(
    int Sequence,
    string? Missing,
    IReadOnlyList<int> Ids,
    IReadOnlyList<(int Leading, int Trailing)> Blanks,
    int TypeId
);

/// <summary><c>TemplateProcessing</c>: sequences and special tokens in a given order.</summary>
internal sealed class TemplatePostProcessor(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair)
    : IPostProcessor
{
    /// <summary>One that puts tokens around every text; null where there are none.</summary>
    /// <param name="first">The token before it, or −1.</param>
    /// <param name="last">The token behind it, or −1.</param>
    public static TemplatePostProcessor? Around(int first, int last)
    {
        TemplatePart Sequence(int number) => new(number, null, [], [], number);
        List<TemplatePart> Part(int number) =>
            [
                .. first < 0 ? [] : (TemplatePart[])[new(-1, null, [first], [], number)],
                Sequence(number),
                .. last < 0 ? [] : (TemplatePart[])[new(-1, null, [last], [], number)],
            ];
        return first < 0 && last < 0 ? null : new TemplatePostProcessor(Part(0), [.. Part(0), .. Part(1)]);
    }

    /// <inheritdoc/>
    public bool TrimsOffsets => false;

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => (isPair ? pair : single).Sum(p => p.Ids.Count);

    /// <inheritdoc/>
    public List<Segment> Process(List<Segment> segments, bool addSpecialTokens)
    {
        IReadOnlyList<TemplatePart> template = segments.Count switch
        {
            1 => single,
            2 => pair,
            _ => throw new Models.TokenizationException("a template cannot follow another template"),
        };
        List<Segment> result = [];
        foreach (TemplatePart part in template)
        {
            if (part.Sequence >= segments.Count)
            {
                throw new Models.TokenizationException("the template for one text asks for a second one");
            }

            Segment segment = new();
            if (part.Sequence >= 0)
            {
                segment.Append(segments[part.Sequence]);
                segment.SetType(part.TypeId);
            }
            else if (addSpecialTokens)
            {
                if (part.Missing is not null)
                {
                    throw new Models.TokenizationException($"the template's special_tokens lack \"{part.Missing}\"");
                }

                for (int i = 0; i < part.Ids.Count; i++)
                {
                    segment.AddSpecial(part.Ids[i], part.TypeId, i < part.Blanks.Count ? part.Blanks[i] : default);
                }
            }
            else
            {
                continue;
            }

            result.Add(segment);
        }

        return result;
    }
}
