import { render } from 'preact';
import { App } from './app.tsx';
import './styles/board.css';

const place = document.getElementById('board');
if (place) render(<App />, place);
