using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>The variables of one function of the compiled template; scopes at the same depth share them by name.</summary>
internal sealed class FunctionScope(FunctionScope? parent)
{
    private readonly Dictionary<(int Level, string Name), int> _slots = [];

    /// <summary>The function around.</summary>
    public FunctionScope? Parent { get; } = parent;

    /// <summary>How many variables it has.</summary>
    public int Count => _slots.Count;

    /// <summary>The index of a variable.</summary>
    public int IndexOf(int level, string name)
    {
        if (!_slots.TryGetValue((level, name), out int index))
        {
            index = _slots.Count;
            _slots.Add((level, name), index);
        }

        return index;
    }

    /// <summary>How many functions out another one is.</summary>
    public int HopsTo(FunctionScope outer)
    {
        int hops = 0;
        for (FunctionScope? scope = this; !ReferenceEquals(scope, outer); scope = scope!.Parent)
        {
            hops++;
        }

        return hops;
    }
}

/// <summary>
/// The names of one scope and how each begins, by the rules of jinja2's <c>idtracking</c>: which variable a name means
/// is decided when the template is read, not when it runs. A name that is assigned anywhere in a scope is a variable
/// of that scope; one that is only read is looked up once, when the scope is entered.
/// </summary>
internal sealed class Symbols
{
    private readonly Dictionary<string, Variable> _refs;
    private readonly Dictionary<Variable, FrameLoad?> _loads;
    private readonly List<Variable> _order;
    private readonly HashSet<string> _stores;

    /// <summary>Begins a scope.</summary>
    public Symbols(Symbols? parent, FunctionScope function)
    {
        Parent = parent;
        Function = function;
        Level = parent is null ? 0 : parent.Level + 1;
        _refs = new(StringComparer.Ordinal);
        _loads = [];
        _order = [];
        _stores = new(StringComparer.Ordinal);
    }

    private Symbols(Symbols other)
    {
        Parent = other.Parent;
        Function = other.Function;
        Level = other.Level;
        _refs = new(other._refs, StringComparer.Ordinal);
        _loads = new(other._loads);
        _order = [.. other._order];
        _stores = new(other._stores, StringComparer.Ordinal);
    }

    /// <summary>The scope around.</summary>
    public Symbols? Parent { get; }

    /// <summary>The function whose variables these are.</summary>
    public FunctionScope Function { get; }

    private int Level { get; }

    /// <summary>A copy for one branch of an <c>if</c>.</summary>
    public Symbols Copy() => new(this);

    /// <summary>A name is read.</summary>
    public void Load(string name)
    {
        if (Find(name) is null)
        {
            Define(name, index => new FrameLoad(index, name, null));
        }
    }

    /// <summary>A name is assigned.</summary>
    public void Store(string name)
    {
        _stores.Add(name);
        if (!_refs.ContainsKey(name))
        {
            Variable? outer = Parent?.Find(name);
            Define(name, index => new FrameLoad(index, null, outer is null ? null : SlotOf(outer)));
        }
    }

    /// <summary>A parameter, a loop's target or a special name: always assigned before the body runs.</summary>
    public Slot Declare(string name)
    {
        _stores.Add(name);
        return SlotOf(Define(name, _ => null));
    }

    /// <summary>Joins the branches of an <c>if</c>: what only some assign keeps its outer value otherwise.</summary>
    public void Merge(Symbols[] branches)
    {
        HashSet<string> stored = new(branches.SelectMany(b => b._stores).Except(_stores), StringComparer.Ordinal);
        foreach (Symbols branch in branches)
        {
            foreach ((string name, Variable variable) in branch._refs)
            {
                _refs[name] = variable;
            }

            foreach (Variable variable in branch._order)
            {
                SetLoad(variable, branch._loads[variable]);
            }

            _stores.UnionWith(branch._stores);
        }

        foreach (string name in stored)
        {
            Variable target = Find(name)!;
            Variable? outer = Parent?.Find(name);
            SetLoad(
                target,
                outer is null
                    ? new FrameLoad(target.Index, name, null)
                    : new FrameLoad(target.Index, null, SlotOf(outer))
            );
        }
    }

    /// <summary>Where a name lives, seen from this scope.</summary>
    public Slot SlotOf(string name) =>
        SlotOf(Find(name) ?? throw new InvalidOperationException($"the name {name} was not analysed"));

    /// <summary>What to do on entering the scope.</summary>
    public FrameEntry Entry()
    {
        FrameLoad[] loads =
        [
            .. _order.Select(v => _loads[v]).Where(load => load is not null).Select(load => load!.Value),
        ];
        return loads.Length == 0 ? FrameEntry.Empty : new FrameEntry(loads);
    }

    /// <summary>Every assigned name visible here.</summary>
    public IEnumerable<string> Assigned()
    {
        IEnumerable<string> all = _stores;
        for (Symbols? outer = Parent; outer is not null; outer = outer.Parent)
        {
            all = all.Union(outer._stores);
        }

        return all;
    }

    private Variable? Find(string name) =>
        _refs.TryGetValue(name, out Variable? variable) ? variable : Parent?.Find(name);

    private Slot SlotOf(Variable variable) => new(Function.HopsTo(variable.Function), variable.Index);

    private Variable Define(string name, Func<int, FrameLoad?> load)
    {
        Variable variable = new(Function, Function.IndexOf(Level, name));
        _refs[name] = variable;
        SetLoad(variable, load(variable.Index));
        return variable;
    }

    private void SetLoad(Variable variable, FrameLoad? load)
    {
        if (!_loads.ContainsKey(variable))
        {
            _order.Add(variable);
        }

        _loads[variable] = load;
    }

    private sealed record Variable(FunctionScope Function, int Index);
}
