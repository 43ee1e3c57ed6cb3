namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>Tokens on their way through post-processing.</summary>
internal sealed class Segment
{
    /// <summary>Token ids.</summary>
    public List<int> Ids { get; init; } = [];

    /// <summary>Ranges of the original text, in scalars.</summary>
    public List<TokenOffset> Offsets { get; init; } = [];

    /// <summary>Which sequence a token belongs to, by the template.</summary>
    public List<int> TypeIds { get; init; } = [];

    /// <summary>How many blanks a token's text begins and ends with; filled only where offsets are trimmed.</summary>
    public List<(int Leading, int Trailing)> Blanks { get; init; } = [];

    /// <summary>The number of tokens.</summary>
    public int Count => Ids.Count;

    /// <summary>Adds a token that stands for no text.</summary>
    public void AddSpecial(int id, int typeId, (int Leading, int Trailing) blanks = default)
    {
        Ids.Add(id);
        Offsets.Add(default);
        TypeIds.Add(typeId);
        Blanks.Add(blanks);
    }

    /// <summary>Adds all of another segment.</summary>
    public void Append(Segment other)
    {
        Ids.AddRange(other.Ids);
        Offsets.AddRange(other.Offsets);
        TypeIds.AddRange(other.TypeIds);
        Blanks.AddRange(other.Blanks);
    }

    /// <summary>Gives all tokens one type id.</summary>
    public void SetType(int typeId)
    {
        for (int i = 0; i < TypeIds.Count; i++)
        {
            TypeIds[i] = typeId;
        }
    }

    /// <summary>Keeps only a range of the tokens.</summary>
    public void Keep(int start, int count)
    {
        Keep(Ids, start, count);
        Keep(Offsets, start, count);
        Keep(TypeIds, start, count);
        Keep(Blanks, start, count);
    }

    private static void Keep<T>(List<T> list, int start, int count)
    {
        list.RemoveRange(start + count, list.Count - start - count);
        list.RemoveRange(0, start);
    }
}
