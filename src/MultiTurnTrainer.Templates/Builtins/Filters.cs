// Folder Builtins: filters, tests, functions and methods of the language.
// Refuses to know: conversations.
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The filters by name.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Builtin> _all = Build();

    /// <summary>A filter, or null.</summary>
    public static Builtin? Find(string name) => _all.GetValueOrDefault(name);

    private static Dictionary<string, Builtin> Build()
    {
        Dictionary<string, Builtin> all = new(StringComparer.Ordinal);
        foreach (
            Builtin filter in ValueFilters
                .All.Concat(TextFilters.All)
                .Concat(SequenceFilters.All)
                .Concat(SelectionFilters.All)
                .Concat(OrderFilters.All)
                .Concat(LayoutFilters.All)
        )
        {
            foreach (string name in filter.Name.Split('|'))
            {
                all.Add(name, filter);
            }
        }

        return all;
    }
}
