// JSX: components, host elements, spreads and render functions.
import React, { useState, useEffect } from "react";
import * as Icons from "./icons";
import { connect } from "./store";

function Row({ item, onSelect, children = null, ...props }) {
  const [open, setOpen] = useState(false);
  useEffect(() => { document.title = item.title; return () => setOpen(false); }, [item]);
  return (
    <li className="row" data-id={item.id} xlink:href="#x" {...props}>
      <Icons.Chevron open={open} onClick={() => setOpen((was) => !was)} />
      {children ?? <span>{item.title} and text</span>}
      <>{open && <Details key={item.id} of={item} render={(detail, i) => <b key={i}>{detail.name}</b>} />}</>
    </li>
  );
}

export const List = React.memo(({ items }) => items.map((item) => <Row item={item} />));
class Panel extends React.Component {
  state = { items: [] };
  handle = async (event) => { this.setState({ items: await fetchItems(event.target.value) }); };
  render() { const { items } = this.state; return <List items={items} onChange={this.handle} />; }
}
export default connect(mapState)(Panel);
